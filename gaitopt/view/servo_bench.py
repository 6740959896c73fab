"""The picture of the servo bench: steps, a sine, a load and the torque-speed line, in each engine and as specified."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gaitopt.hal.sim.bench.servo_bench import Bench
from gaitopt.view.figure import figure_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = ("tab:blue", "tab:orange", "tab:green", "tab:red")
MARKS = ("o", "x", "s", "^")
SHOWN = (
    ("small step", 0.1),
    ("large step", 0.4),
    ("sine 3 Hz, 0.4 rad", 0.4),
    ("sine 8 Hz, 0.05 rad", 0.25),
    ("load of half the stall torque", 0.15),
)
"""Trials drawn, and until which time [s]."""


def servo_picture(path: Path, title: str, benches: Sequence[Bench]) -> None:
    """Draw what a joint did in each engine, and write the picture as a .png file.

    Raises:
        InputError: it cannot be written; an older file is left as it was.
    """
    with figure_file(path, 14, 8) as figure:
        figure.suptitle(title)
        axes = figure.subplots(2, 3).ravel()
        for place, (trial, until) in zip(axes, SHOWN, strict=False):
            _trial(place, trial, until, benches)
        _line(axes[-1], benches)
        axes[0].legend()


def _trial(axes: Axes, trial: str, until: float, benches: Sequence[Bench]) -> None:
    first, specified = max((bench.traces[trial] for bench in benches), key=lambda pair: len(pair[0].times))
    axes.step(1e3 * first.times, np.degrees(first.target), color="0.7", where="pre", label="command")
    axes.plot(1e3 * specified.times, np.degrees(specified.angle), "k-", lw=2.5, alpha=0.6, label="specified")
    for bench, color in zip(benches, COLORS, strict=False):
        trace, _ = bench.traces[trial]
        axes.plot(1e3 * trace.times, np.degrees(trace.angle), ".-", ms=3, lw=1, color=color, label=bench.engine)
    axes.set(title=trial, xlabel="time [ms]", ylabel="angle [deg]", xlim=(0, 1e3 * min(until, first.times[-1])))
    axes.grid(alpha=0.3)


def _line(axes: Axes, benches: Sequence[Bench]) -> None:
    specified = benches[0].line[np.argsort(benches[0].line[:, 0])]
    axes.plot(specified[:, 0], specified[:, 2], "k-", lw=2.5, alpha=0.6, label="specified")
    for bench, color, mark in zip(benches, COLORS, MARKS, strict=False):
        axes.plot(bench.line[:, 0], bench.line[:, 1], mark, color=color, mfc="none", ms=8, label=bench.engine)
    axes.axvline(0, color="0.8", lw=1)
    axes.set(title="torque-speed line", xlabel="speed [rad/s]; below 0: turned backward", ylabel="torque [N m]")
    axes.grid(alpha=0.3)
    axes.legend()
