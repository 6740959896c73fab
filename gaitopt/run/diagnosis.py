"""Check of this machine: Python, engine, serial ports and video."""

from __future__ import annotations

import importlib
import os
import platform
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gaitopt.errors import GaitoptError
from gaitopt.gait.gait_file import load_gait
from gaitopt.hal.catalog import make_body
from gaitopt.hal.engine import ENGINES, default_engine, engine_of
from gaitopt.hal.serial.ports import latency_advice, permission_advice, stolen_chip_advice
from gaitopt.hal.serial.serial_link import find_ports
from gaitopt.hal.sim.egl import egl_works
from gaitopt.robot.spec import load_robot
from gaitopt.scenario.spec import load_scenario
from gaitopt.walk.controller import GaitController
from gaitopt.walk.traversal import Status, traverse
from gaitopt.workers import default_count


@dataclass(frozen=True)
class Finding:
    """Result of one check."""

    what: str
    """Name of the check."""
    works: bool
    needed: bool
    """Whether learning needs it."""
    detail: str
    fix: str = ""
    """How to fix it if it does not work."""


def diagnose(runs: Path) -> list[Finding]:
    """Return the results of all checks; `runs` is the folder of runs."""
    engines = [_engine(name) for name in ENGINES]
    cores = Finding("cores", True, True, f"{default_count()} for --workers")
    return [_python(), *engines, cores, _folder(runs), _egl(), _video(), _window(), _serial()]


def _python() -> Finding:
    return Finding("Python", True, True, platform.python_version())


def _engine(name: str) -> Finding:
    """Walk the same traversal twice: it must finish with the same result to the bit."""
    needed = name == default_engine()
    robot, scenario = load_robot("aibo-ers7"), load_scenario("field")
    controller = GaitController(load_gait("hand-tuned", robot).parameters, robot, scenario)
    try:
        with make_body(robot, engine=engine_of(robot, name)) as body:
            first, second = (traverse(body, controller, scenario, seed=0) for _ in range(2))
    except GaitoptError as error:
        return Finding(name, False, needed, str(error), f"pip install {name}")
    works = first == second and first.status is Status.FINISHED
    detail = f"a traversal: {first.status.value}, {first.speed_mps * 1e3:.0f} mm/s; walked twice: "
    detail += "the same to the bit" if first == second else "not the same"
    return Finding(name, works, needed, detail, "report this machine's CPU and the versions to the project")


def _folder(runs: Path) -> Finding:
    place = next(path for path in (runs, *runs.resolve().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            return Finding("runs", True, True, f"{runs} can be written")
    except OSError as error:
        return Finding("runs", False, True, f"{place}: {error.strerror}", "choose another folder with --runs")


def _egl() -> Finding:
    fix = "video is rendered slowly, on the CPU; for speed install an EGL driver (Debian: libegl1 libgl1-mesa-dri)"
    works = egl_works()
    return Finding("EGL", works, False, "fast rendering for video" if works else "no driver", fix)


def _video() -> Finding:
    try:
        version = importlib.import_module("av").__version__
    except ImportError:
        return Finding(
            "PyAV", False, False, "not installed", "for .mp4: pip install 'gaitopt[video]'; .gif works without"
        )
    return Finding("PyAV", True, False, f"{version}, for .mp4")


def _window() -> Finding:
    shown = sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY"))
    return Finding("window", shown, False, "a display" if shown else "no display", "replay --video works without one")


def _serial() -> Finding:
    """Look for serial ports and for problems with opening them; none is opened."""
    ports = [port.device for port in find_ports()]
    advice = [text for port in ports if (text := permission_advice(port) or latency_advice(port)) is not None]
    known = advice[0] if advice else stolen_chip_advice()
    fix = known or "plug in a robot; without one: gaitopt emulate opencat"
    return Finding("serial", bool(ports) and not advice, False, ", ".join(ports) or "no ports", fix)
