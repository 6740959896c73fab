"""CPU time to get going: of `gaitopt --version`, and of `gaitopt learn` until its first traversal is stored.

    python scripts/bench/bench_startup.py [--against CHECKOUT] [--repeats 5]

`--version` is compared with a Python that does nothing; `learn` is measured with all its processes, and compared with
the same command of another checkout. The least of several measurements counts: what else the computer does only adds.
Linux only, as it reads /proc.
"""

import argparse
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
LEARN = ["learn", "--traversals", "135", "--seed", "1", "--workers", "2", "--runs"]
POLL_S = 0.005
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="another checkout, to compare `learn` with")
    parser.add_argument("--repeats", type=int, default=5, help="measurements of each (default: %(default)s)")
    args = parser.parse_args()
    idle = min(command_cpu_s(["-c", "pass"], HERE) for _ in range(4 * args.repeats))
    version = min(command_cpu_s(["-m", "gaitopt", "--version"], HERE) for _ in range(4 * args.repeats))
    print(f"python -c pass      {idle * 1e3:6.0f} ms")
    print(f"gaitopt --version   {version * 1e3:6.0f} ms, {version / idle:.1f} times python -c pass")
    checkouts = [HERE, args.against.resolve()] if args.against else [HERE]
    measured = [[learn_cpu_s(checkout) for checkout in checkouts] for _ in range(args.repeats)]  # in turn
    here, *other = map(min, zip(*measured, strict=True))
    print(f"gaitopt learn       {here:6.2f} s until the first traversal is stored, all processes")
    for seconds in other:
        print(f"  in {args.against}: {seconds:.2f} s; here {here / seconds:.2f} times that")


def command_cpu_s(words: list[str], checkout: Path) -> float:
    """Return the CPU time of a short command, run in a checkout so that Python takes its gaitopt [s]."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], cwd=checkout, **QUIET, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def learn_cpu_s(checkout: Path) -> float:
    """Return the CPU time of all processes of `learn` up to the first traversal in its store [s]."""
    with tempfile.TemporaryDirectory() as runs:
        words = [sys.executable, "-m", "gaitopt", *LEARN, runs]
        process = subprocess.Popen(words, cwd=checkout, start_new_session=True, **QUIET)
        try:
            while not stored(Path(runs)):
                if process.poll() is not None:
                    sys.exit(f"{' '.join(words)} ended with {process.returncode}")
                time.sleep(POLL_S)
            return group_cpu_s(process.pid)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def stored(runs: Path) -> bool:
    """Return whether a run in a folder has stored a traversal."""
    for path in runs.glob("*/run.db"):
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as store:
            if store.execute("SELECT count(*) FROM traversals").fetchone()[0]:
                return True
    return False


def group_cpu_s(group: int) -> float:
    """Return the CPU time of a process group, ended children included [s]."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            fields = path.read_text().rpartition(")")[2].split()
            if fields[2] == str(group):
                ticks += sum(map(int, fields[11:15]))  # user and system, its own and of ended children
    return ticks * TICK_S


if __name__ == "__main__":
    main()
