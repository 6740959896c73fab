"""Random seeds: one `SeedSequence` per run; each stream of random numbers is named by its place in the run."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """Purpose of a stream of random numbers; the first number of its spawn key."""

    OPTIMIZER = 0
    LEARNING = 1
    FRESH = 2
    COMPARISON = 3


def generator(run_seed: int, stream: Stream) -> np.random.Generator:
    """Return the random number generator of one stream of a run."""
    return np.random.default_rng(_sequence(run_seed, stream))


def traversal_seed(run_seed: int, stream: Stream, *place: int) -> int:
    """Return the seed of one traversal, from its place: (iteration, candidate, repeat) or (repeat,).

    The seed fits SQLite's signed 64-bit integer.
    """
    return int(_sequence(run_seed, stream, *place).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _sequence(run_seed: int, *spawn_key: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(run_seed, spawn_key=tuple(int(k) for k in spawn_key))
