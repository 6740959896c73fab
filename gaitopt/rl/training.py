"""Training: collect the requested experience and update the algorithm until a stopping rule applies."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.rl.algorithms.base import Algorithm, Metrics
from gaitopt.rl.arrays import State, entry, ignoring_float_warnings, part, prefixed
from gaitopt.rl.batch import Batch
from gaitopt.rl.environment import Environment
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.policies.files import read_arrays, write_arrays
from gaitopt.rl.request import Request
from gaitopt.spec import Count, Real, Spec
from gaitopt.threads import one_thread


class Rollouts(Protocol):
    """Collects the experience of requests, in one process or many."""

    def collect(self, requests: Sequence[Request]) -> list[Batch]:
        """Return one batch for each request."""

    def state(self) -> State:
        """Return its state."""

    def restore(self, state: Mapping[str, Array]) -> None:
        """Continue from a state."""


class Stopping(Spec):
    """Stopping rules; those that are None do not apply."""

    steps: Count | None = None
    """Total number of steps."""
    iterations: Count | None = None
    """Number of updates."""
    return_goal: Real | None = None
    """Mean return of the last episodes to be reached."""
    window: Count = 100
    """Number of last episodes over which the mean return is taken."""

    @property
    def endless(self) -> bool:
        """Whether there is no rule at all."""
        return self.steps is None and self.iterations is None and self.return_goal is None


@dataclass(frozen=True)
class Progress:
    """Progress of a training after an iteration."""

    iteration: int
    """Number of updates."""
    steps: int
    """Steps taken so far."""
    episodes: int
    """Episodes ended so far."""
    mean_return: float
    """Mean undiscounted return of the last episodes; NaN before the first has ended."""
    metrics: Metrics
    """Metrics of the last update."""
    terminated: int = 0
    """Episodes that ended in a terminal state in the experience of this update."""


class Training:
    """One algorithm and its rollouts."""

    def __init__(self, algorithm: Algorithm, rollouts: Rollouts, stopping: Stopping) -> None:
        self.algorithm = algorithm
        self._rollouts = rollouts
        self._stopping = stopping
        self._iteration = self._steps = self._episodes = 0
        self._returns: deque[float] = deque(maxlen=stopping.window)
        self._metrics: Metrics = {}
        self._terminated = 0
        self._one_thread = one_thread()

    @property
    def mean_return(self) -> float:
        """Mean undiscounted return of the last episodes; NaN before the first has ended."""
        return sum(self._returns) / len(self._returns) if self._returns else float("nan")

    def iterate(self) -> Progress:
        """Collect once and update once.

        Raises:
            InputError: a value was not finite; the algorithm is as it was before.
        """
        with self._one_thread(), ignoring_float_warnings():
            batches = self._rollouts.collect(self.algorithm.requests())
            metrics = self.algorithm.learn(batches)
        self._iteration += 1
        self._steps += sum(len(batch) for batch in batches)
        for batch in batches:
            self._episodes += len(batch.episode_returns)
            self._returns.extend(batch.episode_returns.tolist())
        self._terminated = sum(int(batch.terminated.sum()) for batch in batches)
        self._metrics = metrics
        return self.progress

    @property
    def progress(self) -> Progress:
        """Progress so far; without metrics after a restore."""
        counts = self._iteration, self._steps, self._episodes
        return Progress(*counts, self.mean_return, self._metrics, self._terminated)

    def stop_reasons(self) -> dict[str, str]:
        """Return the reasons to stop, by short name; empty if there are none."""
        rule, reasons = self._stopping, {}
        if rule.steps is not None and self._steps >= rule.steps:
            reasons["steps"] = f"{self._steps} of {rule.steps} steps done"
        if rule.iterations is not None and self._iteration >= rule.iterations:
            reasons["iterations"] = f"{self._iteration} of {rule.iterations} iterations done"
        full = len(self._returns) == rule.window
        if rule.return_goal is not None and full and self.mean_return >= rule.return_goal:
            reasons["return"] = f"mean return {self.mean_return:.4g} reached {rule.return_goal:g}"
        return reasons

    def run(self, watch: Callable[[Progress], None] | None = None) -> None:
        """Iterate until a stopping rule applies; `watch` is called after every iteration.

        Raises:
            InputError: there is no stopping rule.
        """
        if self._stopping.endless:
            raise InputError("stopping: got no rule, expected one of steps, iterations, return_goal")
        while not self.stop_reasons():
            progress = self.iterate()
            if watch is not None:
                watch(progress)

    def state(self) -> State:
        """Return the state from which it continues bit for bit."""
        counts = np.array([self._iteration, self._steps, self._episodes])
        own = {"counts": counts, "returns": np.array(self._returns, dtype=np.float64)}
        rollouts = prefixed("rollouts", self._rollouts.state())
        return {**own, **prefixed("algorithm", self.algorithm.state()), **rollouts}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Continue from a state; see `state`.

        Raises:
            InputError: the state is of a training with other settings.
        """
        counts = entry(state, "counts", (3,))
        self.algorithm.restore(part("algorithm", state))
        self._rollouts.restore(part("rollouts", state))
        self._iteration, self._steps, self._episodes = (int(count) for count in counts)
        self._returns = deque(entry(state, "returns", (None,)).tolist(), self._stopping.window)

    def save(self, path: Path) -> None:
        """Write the state to a file, whole or not at all."""
        save_state(path, self.state())

    def load(self, path: Path) -> Mapping[str, Any]:
        """Continue from the state in a file, and return the settings stored with it.

        Raises:
            InputError: it is not such a file, or is of a training with other settings.
        """
        header, state = read_arrays(path)
        if header.get("kind") != "training":
            raise InputError(f"{path}: is not the state of a training; expected a file that `save` wrote")
        self.restore(state)
        settings: Mapping[str, Any] = header.get("settings", {})
        return settings


def save_state(path: Path, state: State, settings: Mapping[str, Any] | None = None) -> None:
    """Write the state of a training to a file, whole or not at all, with the caller's settings."""
    write_arrays(path, json.dumps({"kind": "training", "settings": dict(settings or {})}), state)


def evaluate(policy: Policy, environment: Environment, rng: np.random.Generator, episodes: int, explore: bool) -> Array:
    """Return the mean reward per step of each of several new episodes, shape (episodes,)."""
    means = []
    for _ in range(episodes):
        observation, rewards, over = environment.reset(rng), [], False
        while not over:
            row = observation[None]
            action = policy.draw(row, rng)[0] if explore else policy.mode(row)[0]
            observation, reward, terminated, truncated = environment.step(action)
            rewards.append(reward)
            over = terminated or truncated
        means.append(sum(rewards) / len(rewards))
    return np.array(means)
