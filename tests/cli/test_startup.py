"""What a command imports before it does its work, and how it answers a verb that it does not know."""

import json
import subprocess
import sys

import pytest

from gaitopt.cli.main import ALIASES, VERBS

NUMERIC = {"numpy", "scipy", "sklearn", "cma"}
DRAWING = {"matplotlib", "PIL", "av"}
ENGINES = {"pybullet", "mujoco", "gymnasium", "ray"}
PROGRAM = """
import json, sys
from gaitopt.__main__ import main
sys.argv[1:] = {words}
try:
    code = main()
except SystemExit as end:
    code = end.code
print(json.dumps([code, sorted(name for name in sys.modules if "." not in name)]))
"""


def imported(*words):
    """Return the packages that a command, run to its good end, has imported."""
    program = [sys.executable, "-c", PROGRAM.replace("{words}", repr(list(words)))]
    done = subprocess.run(program, capture_output=True, text=True)
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stderr
    return set(modules)


@pytest.mark.parametrize(
    "words",
    [
        ("--version",),
        ("--help",),
        ("find-port", "--list", "/dev/null"),
        ("list", "robots"),
        ("list", "scenarios"),
        ("list", "gaits"),
        ("list", "optimizers"),
        ("list", "algorithms"),
        ("runs",),
    ],
    ids=" ".join,
)
def test_short_commands_import_no_numbers(words):
    assert imported(*words) & (NUMERIC | DRAWING | ENGINES) == set()


def test_the_version_needs_no_settings_either():
    assert imported("--version") & {"pydantic", "dataclasses", "importlib.metadata"} == set()


@pytest.mark.parametrize("verb", VERBS)
def test_help_imports_no_engine_and_nothing_slow(verb):
    assert imported(verb, "--help") & ((NUMERIC - {"numpy"}) | DRAWING | ENGINES) == set()


def test_an_import_is_noticed():
    """Negative control: exact solutions of these problems are computed."""
    assert "numpy" in imported("list", "problems")


def test_an_alias_is_its_verb(cli):
    for verb, aliases in ALIASES.items():
        for alias in aliases:
            assert cli(alias, "--help") == cli(verb, "--help")
            assert f"{verb} ({alias})" in cli("--help").out


@pytest.mark.parametrize("words", [("lern",), ("lern", "--robot", "aibo-ers7"), ("lern", "--help")])
def test_an_unknown_verb_is_answered_by_near_ones(cli, words):
    said = cli(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err == "gaitopt: unknown verb 'lern'; did you mean learn or runs? (see gaitopt --help)\n"


def test_a_verb_after_an_unknown_option_is_still_its_verb(cli):
    said = cli("--jsn", "list", "robots")
    assert (said.code, said.out, said.err) == (2, "", "gaitopt: unrecognized arguments: --jsn (see gaitopt --help)\n")


def test_without_a_verb_one_is_asked_for(cli):
    assert cli() == (2, "", "gaitopt: the following arguments are required: VERB (see gaitopt --help)\n")
