"""The picture of a lab experiment: the learned policy, and its value while it learned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.mdps import aliased_gridworld as grid
from gaitopt.rl.mdps import one_step, puck_world
from gaitopt.rl.mdps import rock_paper_scissors as game
from gaitopt.run.lab.lab import Outcome
from gaitopt.view.figure import figure_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = ("tab:blue", "tab:orange", "tab:green")
MOVES = {grid.NORTH: (0.0, 1.0), grid.EAST: (1.0, 0.0), grid.SOUTH: (0.0, -1.0), grid.WEST: (-1.0, 0.0)}
"""Direction of each action's arrow."""
LONGEST = 0.46
"""Arrow length of an action with probability 1; a cell has width 1."""
SHOWN = 0.05
"""Probability below which an action has no arrow."""


def lab_picture(outcome: Outcome, path: Path) -> None:
    """Draw the learned policy beside its learning curve, and write the picture as a .png file.

    Raises:
        InputError: it cannot be written; an older file is left as it was.
    """
    settings = outcome.settings
    changes = [f"{name} = {value}" for name, value in settings.changes.items()]
    title = ", ".join([f"{settings.problem}: {settings.algorithm}", f"seed {settings.seed}", *changes])
    with figure_file(path, 11, 4.8) as figure:
        figure.suptitle(title)
        learned, curve = figure.subplots(1, 2)
        LEARNED[settings.problem](learned, outcome)
        CURVES.get(settings.problem, _value_curve)(curve, outcome)
        curve.set(xlabel="steps")
        curve.grid(alpha=0.3)
        curve.legend()


def _steps(outcome: Outcome) -> Array:
    return np.array([snapshot.progress.steps for snapshot in outcome.snapshots])


def _values(outcome: Outcome) -> Array:
    return np.array([snapshot.value for snapshot in outcome.snapshots])


def _learned(outcome: Outcome) -> Array:
    """Return what the policy does at every snapshot, shape (snapshots, ...)."""
    return np.array([snapshot.learned for snapshot in outcome.snapshots])


def _value_curve(axes: Axes, outcome: Outcome) -> None:
    problem = outcome.problem
    axes.plot(_steps(outcome), _values(outcome), "k-", label="learned")
    if problem.best is not None:
        axes.axhline(problem.best, color="tab:green", ls="--", label=f"best policy: {problem.best:.3g}")
    worse = problem.best_deterministic
    if worse is not None and worse != problem.best:
        axes.axhline(worse, color="tab:red", ls="--", label=f"best deterministic policy: {worse:.3g}")
    axes.set(title="value of the policy", ylabel=problem.unit)


def _grid_world(axes: Axes, outcome: Outcome) -> None:
    probabilities = outcome.last.learned  # (5, 4)
    cells = len(probabilities)
    for cell in range(cells):
        _floor(axes, cell, 0, "0.8" if cell in grid.GRAY else "white")
        if cell in grid.BELOW:
            good = grid.BELOW[cell] > 0
            _floor(axes, cell, -1, "gold" if good else "mistyrose")
            axes.text(cell, -1, f"{'treasure' if good else 'trap'}\n{grid.BELOW[cell]:+.0f}", ha="center", va="center")
        for action, probability in enumerate(probabilities[cell]):
            _arrow(axes, cell, action, float(probability))
    for cell, walls in enumerate(grid.WALLS):
        _walls(axes, cell, walls)
    axes.set(xlim=(-0.6, cells - 0.4), ylim=(-1.6, 0.6), aspect="equal")
    axes.set_title("learned policy: an arrow's length is its probability;\nthe two gray cells look the same to it")
    axes.axis("off")


def _floor(axes: Axes, x: float, y: float, color: str) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=color, edgecolor="0.9"))


def _arrow(axes: Axes, cell: int, action: int, probability: float) -> None:
    if probability < SHOWN:
        return
    across, up = MOVES[action]
    tip = (cell + across * LONGEST * probability, up * LONGEST * probability)
    style = {"arrowstyle": "-|>", "color": "tab:blue", "lw": 2, "mutation_scale": 9, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", tip, (cell, 0), arrowprops=style)
    beside = (cell + 0.05, up * 0.26) if up else (cell + across * 0.26, 0.07)
    axes.text(*beside, f"{probability:.2f}", ha="left" if up else "center", va="center" if up else "bottom", fontsize=9)


def _walls(axes: Axes, cell: int, walls: Array) -> None:
    """Draw the walls around a cell, as they are observed: to the north, east, south, west."""
    left, right, bottom, top = cell - 0.5, cell + 0.5, -0.5, 0.5
    sides = {grid.NORTH: (left, right, top, top), grid.EAST: (right, right, bottom, top)}
    sides |= {grid.SOUTH: (left, right, bottom, bottom), grid.WEST: (left, left, bottom, top)}
    for side in np.flatnonzero(walls):
        x0, x1, y0, y1 = sides[int(side)]
        axes.plot([x0, x1], [y0, y1], color="black", lw=3, solid_capstyle="projecting")


def _mixtures(axes: Axes, outcome: Outcome) -> None:
    steps, mixtures = _steps(outcome), _learned(outcome)  # (n, 3)
    for name, color, part in zip(game.ACTIONS, COLORS, mixtures.T, strict=True):
        axes.plot(steps, part, color=color, label=f"{name}: {part[-1]:.3f}")
    axes.axhline(1 / 3, color="black", ls="--", label="1/3")
    axes.set(title="probability of each action", xlabel="steps", ylabel="probability", ylim=(0, 1))
    axes.grid(alpha=0.3)
    axes.legend()


def _exploitability(axes: Axes, outcome: Outcome) -> None:
    axes.plot(_steps(outcome), -_values(outcome), "k-", label="learned")
    axes.axhline(0, color="tab:green", ls="--", label="uniform policy: 0")
    axes.axhline(1, color="tab:red", ls="--", label="every deterministic policy: 1")
    axes.set(title="exploitability: gain of the best response", ylabel="payoff per game")


def _means(axes: Axes, outcome: Outcome) -> None:
    means = _learned(outcome)  # (n, 3, 2)
    for state, color in enumerate(COLORS):
        path, target = means[:, state], one_step.TARGETS[state]
        axes.plot(*path.T, color=color, lw=1)
        axes.plot(*path[-1], "o", color=color, mec="white", zorder=4, label=f"state {state}")
        axes.plot(*target, "*", color=color, ms=14, mec="black", zorder=3)
    axes.plot([], [], "*", color="white", ms=14, mec="black", ls="none", label="best action")
    axes.set(
        title="mean action in each state, from 0 to the learned one", xlabel="first number", ylabel="second number"
    )
    axes.set_aspect("equal", adjustable="datalim")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")


def _track(axes: Axes, outcome: Outcome) -> None:
    track = outcome.last.learned  # (n, 4)
    for number, begin in enumerate(range(0, len(track), puck_world.TARGET_STEPS)):
        part, color = track[begin : begin + puck_world.TARGET_STEPS], COLORS[number]
        seconds = puck_world.TARGET_STEPS * puck_world.STEP_S
        axes.plot(
            *part[:, :2].T,
            ".-",
            color=color,
            ms=4,
            lw=1,
            label=f"puck, seconds {number * seconds:.0f} to {(number + 1) * seconds:.0f}",
        )
        axes.plot(*part[0, 2:], "*", color=color, ms=16, mec="black", ls="none", label="its target then")
    axes.plot(*track[0, :2], "o", color="black", label="start")
    room = 1.04 * puck_world.ROOM
    axes.set(
        title="one episode", xlabel="x [m]", ylabel="y [m]", xlim=(-room, room), ylim=(-room, room), aspect="equal"
    )
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)


def _distance_curve(axes: Axes, outcome: Outcome) -> None:
    axes.plot(_steps(outcome), -_values(outcome), "k-", label=f"learned: {-outcome.last.value:.3f} m at the end")
    if outcome.random_value is not None:
        axes.axhline(
            -outcome.random_value, color="tab:red", ls="--", label=f"random policy: {-outcome.random_value:.2f} m"
        )
    axes.set(title="mean distance to the target, 20 episodes", ylabel="distance [m]", ylim=(0, None))


LEARNED: dict[str, Callable[[Axes, Outcome], None]] = {
    "one-step": _means,
    "aliased-gridworld": _grid_world,
    "rock-paper-scissors": _mixtures,
    "puck-world": _track,
}
"""Drawing of the learned policy, on the left, by problem."""
CURVES: dict[str, Callable[[Axes, Outcome], None]] = {
    "rock-paper-scissors": _exploitability,
    "puck-world": _distance_curve,
}
"""Drawing of the learning curve, on the right, by problem; the value if not listed."""
