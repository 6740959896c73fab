"""Walks that cost nothing, and what a run has stored."""

import dataclasses
import os
import zlib
from pathlib import Path

import numpy as np

from gaitopt.run.rollout import RolloutResult
from gaitopt.run.store import PURPOSES
from gaitopt.walk.traversal import Status, Traversal

PYTHONPATH = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
ENVIRONMENT = os.environ | {"PYTHONPATH": PYTHONPATH}
"""For other processes: they find gaitopt even where it is not installed."""


def chance_walk(task):
    """Return a result that depends on the task alone."""
    walker = repr(task.walker.key.gait) + task.walker.key.digest
    rng = np.random.default_rng([task.seed, zlib.crc32(walker.encode())])
    fell = rng.random() < 0.2
    names = ("roll_spread", "pitch_spread", "energy_j", "drift_m", "power_w")
    numbers = dict(zip(names, rng.random(5).tolist(), strict=True))
    traversal = Traversal(
        status=Status.FELL if fell else Status.FINISHED,
        time_s=None if fell else float(rng.random()),
        distance_m=float(rng.random()),
        speed_mps=0.0 if fell else float(rng.random()),
        **numbers,
        flight=float("nan"),
        belly=0.0,
        knees=float(rng.random()) / 2,
        unreachable=0.25,
        saturated=0.1,
        commands=40,
    )
    return RolloutResult(traversal, wall_s=0.001)


def rows_of(run):
    """Return all that a run has stored, as exact text by place; only how long it took to compute is left out."""
    with run.open_store() as store:
        rows = [row for purpose in PURPOSES for row in store.rows(purpose)]
    return {row.place: repr(dataclasses.replace(row, wall_s=0.0)) for row in rows}
