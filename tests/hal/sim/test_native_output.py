"""C libraries are silenced where they would print, and nowhere else."""

import subprocess
import sys

from gaitopt.hal.sim import native_output


def run(script):
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout, done.stderr


def test_importing_the_simulated_body_prints_nothing():
    assert run("import gaitopt.hal.sim.pybullet_body") == ("", "")


def test_pybullet_itself_is_not_silent():
    """Negative control: without `silenced` its build time is printed."""
    out, err = run("import pybullet")
    assert "build time" in out + err


# Only the file itself, as importing the package takes longer.
SILENCED = f"import runpy; silenced = runpy.run_path({native_output.__file__!r})['silenced']\n"
PRINTS = """
import ctypes, os, sys
c = ctypes.CDLL(None)
def say(word):
    print(word); print(word, file=sys.stderr)
    c.puts(word.encode())
    os.write(1, word.encode() + b"\\n"); os.write(2, word.encode() + b"\\n")
say("before")
with silenced():
    say("within")
try:
    with silenced():
        say("within")
        raise KeyError
except KeyError:
    pass
say("after")
c.fflush(None)
"""


def test_only_what_is_printed_within_is_silenced():
    out, err = run(SILENCED + PRINTS)
    assert sorted(out.split()) == ["after"] * 3 + ["before"] * 3
    assert sorted(err.split()) == ["after"] * 2 + ["before"] * 2


def test_a_closed_output_is_no_error():
    script = "import os, sys\nos.close(1)\nwith silenced():\n    pass\nsys.stdout = None"
    assert run(SILENCED + script) == ("", "")
