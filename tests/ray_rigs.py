"""Ray for tests: on this machine alone, in a folder of its own, and gone when it is left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from gaitopt.workers.ray.connection import ATTEMPTS, import_ray, join_cluster

TESTS = Path(__file__).parent
PATIENCE_S = 300.0


@contextmanager
def _beginning(folder: str):
    """Have Ray's processes, which inherit this, find gaitopt and the tests' modules, and write where it is removed."""
    Path(folder, "ray").mkdir()  # where a cluster writes its address
    paths = [TESTS.parent, TESTS / "workers", os.environ.get("PYTHONPATH", "")]
    changes = {"PYTHONPATH": os.pathsep.join(map(str, paths)), "RAY_TMPDIR": folder, "XDG_CACHE_HOME": folder}
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


@contextmanager
def _short_folder():
    """Make a folder in which paths of sockets are not too long for the system."""
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def local_ray():
    """Start a Ray in this process, and end it."""
    with _short_folder() as folder:
        with _beginning(folder):
            assert join_cluster()
        try:
            yield
        finally:
            import_ray().shutdown()


class TwoNodes:
    """A cluster of two nodes with one CPU each, run by a process of its own; a context manager.

    A process that has joined a Ray cannot run another cluster: the two would be confused.
    """

    def __enter__(self):
        import_ray()  # sets the token that all share
        self._runner = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS.parent), os.environ.get("PYTHONPATH", "")])},
        )
        self.address = self._runner.stdout.readline().strip()
        assert self.address, "the cluster could not be started"
        return self

    def remove_a_node(self):
        """Kill the second node without a word."""
        self._runner.stdin.write("remove\n")
        self._runner.stdin.flush()

    def __exit__(self, *exception):
        self._runner.communicate(timeout=PATIENCE_S)


def run_two_nodes():
    """Start the cluster and print its address; remove a node at the first line read, end when there are no more."""
    import_ray()
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 1, "include_dashboard": False}
    with _short_folder() as folder, _beginning(folder):
        cluster = _patiently(lambda: Cluster(initialize_head=True, head_node_args=head))
        try:
            second = _patiently(lambda: cluster.add_node(num_cpus=1))
            print(cluster.address, flush=True)
            for _ in sys.stdin:
                cluster.remove_node(second, allow_graceful=False)
        finally:
            cluster.shutdown()


def _patiently(start):
    """Start what gives up on a busy machine."""
    for _ in range(ATTEMPTS - 1):
        try:
            return start()
        except Exception as error:
            print(f"tried again: {error}", file=sys.stderr)
    return start()


def children(process: int) -> dict[int, str]:
    """Return the processes that descend from one, with their command lines."""
    parents, commands = {}, {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            commands[int(path.name)] = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it ended meanwhile
            continue
    found, new = set(), {process}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return {child: commands.get(child, "") for child in found}


def kill_a_worker(process: int) -> None:
    """Kill one of the actors of a Ray that a process started."""
    actors = [child for child, command in children(process).items() if command.startswith("ray::TaskActor")]
    os.kill(actors[0], signal.SIGKILL)


def wait_until(reached) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < deadline, "hangs"
        time.sleep(0.02)


if __name__ == "__main__":
    run_two_nodes()
