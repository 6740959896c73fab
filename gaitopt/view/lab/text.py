"""The learned policy of a lab experiment in plain characters, for a terminal without pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gaitopt.arrays import Array
from gaitopt.rl.mdps import aliased_gridworld as grid
from gaitopt.rl.mdps import one_step, puck_world
from gaitopt.rl.mdps import rock_paper_scissors as game
from gaitopt.run.lab.findings import distances

CELL = 9
"""Characters inside a cell of the gridworld."""
FLOOR = {cell: "treasure" if reward > 0 else "trap" for cell, reward in grid.BELOW.items()}
"""Terminal cells to the south, by number of the cell above."""
ROOM = (37, 15)
"""Columns and rows of the drawing of puck world."""


@dataclass(frozen=True)
class Words:
    """A problem's finding in words; see `Finding.look` for the array."""

    brief: Callable[[Array], str]
    """A few words, for a line of the table."""
    drawing: Callable[[Array], str]
    """A drawing of several lines."""


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _grey_in_words(probabilities: Array) -> str:
    """Return how a policy (5, 4) moves in the gray cells."""
    west, east = probabilities[grid.GRAY[0], [grid.WEST, grid.EAST]]
    return f"gray cells: west {_percent(west)} %, east {_percent(east)} %"


def _draw_grid(probabilities: Array) -> str:
    """Return the grid with the probabilities of each cell's actions in percent, rare ones left out."""
    cells = [_draw_cell(number, row) for number, row in enumerate(probabilities)]
    edge = "+" + "+".join(["-" * CELL] * len(cells)) + "+"
    doors = "+" + "+".join((" " if n in FLOOR else "-") * CELL for n in range(len(cells))) + "+"
    lines = [f"|{'|'.join(row)}|" for row in zip(*cells, strict=True)]
    floor = "|" + "|".join(FLOOR.get(n, "").center(CELL) for n in range(len(cells))) + "|"
    legend = "probability in percent of moving north (^), east (>), south (v), west (<); below 1 % left out"
    bottom = "+" + "+".join(("-" if n in FLOOR else " ") * CELL for n in range(len(cells))) + "+"
    return "\n".join([edge, *lines, doors, floor, bottom, legend])


def _draw_cell(number: int, probabilities: Array) -> tuple[str, str, str, str]:
    north, east, south, west = (_percent(p) if p >= 0.01 else "" for p in probabilities)
    sides = f"{'<' + west if west else '':<4} {east + '>' if east else '':>4}"
    title = "gray" if number in grid.GRAY else ""
    return (
        title.center(CELL),
        f"{'^' + north if north else ''}".center(CELL),
        sides,
        f"{'v' + south if south else ''}".center(CELL),
    )


def _mixture_in_words(mixture: Array) -> str:
    return ", ".join(f"{name} {_percent(p)} %" for name, p in zip(game.ACTIONS, mixture, strict=True))


def _draw_mixture(mixture: Array) -> str:
    """Return a bar for each action of a mixture (3,)."""
    bars = [f"{name:9}{100 * p:5.1f} % {'#' * round(60 * p)}" for name, p in zip(game.ACTIONS, mixture, strict=True)]
    far = np.abs(mixture - game.UNIFORM).max()
    loss = game.exploitability(mixture)
    return "\n".join([*bars, f"at most {far:.3f} from 1/3; the best response wins {loss:.3f} per game"])


def _means_in_words(means: Array) -> str:
    miss = np.linalg.norm(means - one_step.TARGETS, axis=1)
    return f"means off by {', '.join(f'{m:.2f}' for m in miss)}"


def _draw_means(means: Array) -> str:
    """Return the mean actions (3, 2) beside the best actions."""
    rows = zip(means, one_step.TARGETS, strict=True)
    lines = [f"{n:<7}({a:+.2f}, {b:+.2f})   ({x:+.2f}, {y:+.2f})" for n, ((a, b), (x, y)) in enumerate(rows)]
    return "\n".join(["state  mean action      best action", *lines])


def _track_in_words(track: Array) -> str:
    return f"one episode: {distances(track).mean():.2f} m"


def _draw_track(track: Array) -> str:
    """Return the room with the path of the puck; `track` is that of `puck_track`."""
    columns, rows = ROOM
    room = np.full((rows, columns), " ")

    def put(place: Array, mark: str) -> None:
        x, y = (place / puck_world.ROOM + 1) / 2  # 0 to 1
        room[round((rows - 1) * (1 - y)), round((columns - 1) * x)] = mark

    for time, row in enumerate(track):
        put(row[:2], ".:"[time // puck_world.TARGET_STEPS])
    put(track[0, :2], "o")
    for number, time in enumerate(range(0, len(track), puck_world.TARGET_STEPS)):
        put(track[time, 2:], "AB"[number])
    edge = f"+{'-' * columns}+"
    legend = "the puck starts at o; target A for 30 s (.), then B for 30 s (:)"
    return "\n".join([edge, *(f"|{''.join(row)}|" for row in room), edge, legend])


WORDS: dict[str, Words] = {
    "one-step": Words(_means_in_words, _draw_means),
    "aliased-gridworld": Words(_grey_in_words, _draw_grid),
    "rock-paper-scissors": Words(_mixture_in_words, _draw_mixture),
    "puck-world": Words(_track_in_words, _draw_track),
}
"""Words by problem."""
