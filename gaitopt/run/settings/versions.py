"""Versions of Python and of the numerical packages: stored with every result, because results depend on them."""

from __future__ import annotations

import datetime
import functools
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import gaitopt
from gaitopt.hal.engine import EngineSpec

PACKAGES = ("numpy", "scipy", "scikit-learn", "cma", "pybullet", "mujoco", "pydantic")


def made_here() -> str:
    """Return the date and a short description of this machine."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{datetime.date.today()}, {machine}"


def current_versions() -> dict[str, str]:
    """Return the versions of Python, gaitopt and its numerical packages, and the git revision."""
    versions = {"python": platform.python_version(), "gaitopt": gaitopt.__version__}
    return versions | {package: _version(package) for package in PACKAGES} | {"git": _git_revision()}


def engine_used(engine: EngineSpec) -> dict[str, Any]:
    """Return the name, version and settings of an engine, as results state them."""
    return {"engine": engine.name, "engine_version": _version(engine.name), **engine.model_dump(exclude={"name"})}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


@functools.cache
def _git_revision() -> str:
    checkout = Path(gaitopt.__file__).resolve().parent.parent
    if not (checkout / ".git").exists():
        return "none"
    try:
        answer = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(checkout), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return answer.stdout.strip()
