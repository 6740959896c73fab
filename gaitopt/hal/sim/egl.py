"""Whether EGL can draw pictures on this machine, without a screen."""

from __future__ import annotations

import functools
import importlib.util
import subprocess
import sys

SUFFIX = "_eglRendererPlugin"
"""The name of the plugin's functions."""


@functools.cache
def egl_works() -> bool:
    """Return whether PyBullet's EGL plugin works; tried in another process, as a failing plugin ends its own."""
    probe = f"import pybullet as p; p.connect(p.DIRECT); exit(p.loadPlugin({plugin()!r}, {SUFFIX!r}) < 0)"
    try:
        return subprocess.run([sys.executable, "-c", probe], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def plugin() -> str:
    """Return the plugin's file."""
    spec = importlib.util.find_spec("eglRenderer")
    return str(spec.origin) if spec else "eglRenderer"
