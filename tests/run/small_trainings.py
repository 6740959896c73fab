"""Comparisons of algorithms too small to say anything, but whole, in an environment that costs nothing."""

import dataclasses

import numpy as np

from gaitopt.rl.policies.files import read_arrays

SMALL = {
    "algorithms": ("ppo", "reinforce"),
    "options": {"ppo": {"steps": 24, "minibatch": 8, "epochs": 1}, "reinforce": {"episodes": 3}},
    "steps": 100,
    "seeds": (1, 2),
    "fresh": 4,
    "name": "small",
}


class FreeEnvironment:
    """Stands in for `TraversalEnvironment`: episodes of 3 to 12 steps, of which a third terminates."""

    observation_names, action_names = ("sight", "sound"), ("push",)
    observation_size, actions = 2, 1
    falls = 0
    """Of all environments."""

    def __init__(self, *settings):
        self._rng = None

    def reset(self, rng):
        self._rng, self._left = rng, int(rng.integers(3, 13))
        return rng.normal(size=2)

    def step(self, action):
        self._left -= 1
        over = self._left == 0
        fell = over and self._rng.random() < 1 / 3
        FreeEnvironment.falls += fell
        sight = self._rng.normal(size=2)
        return sight, float(sight[0] * np.sum(action) - fell), bool(fell), bool(over and not fell)


def trained_by(folder):
    """Return all that a comparison of algorithms has stored but how long it took."""
    with folder.open_store() as store:
        named = store._connection.execute("SELECT DISTINCT purpose FROM traversals").fetchall()
        rows = [dataclasses.replace(row, wall_s=0.0) for (purpose,) in named for row in store.rows(purpose)]
    files = {}
    for member in folder.members:
        for path in sorted([*member.path.glob("snapshots/*"), member.policy_path]):
            files[path.relative_to(folder.path)] = path.read_bytes()
        state = read_arrays(member.state_path)[1]
        bits = {name: array.tobytes() for name, array in state.items()}
        files[member.path.name] = bits, member.progress_path.read_bytes()
    return sorted(map(repr, rows)), files
