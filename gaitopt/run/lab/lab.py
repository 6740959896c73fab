"""The lab: one policy-gradient algorithm learns one small problem.

The loop itself is `gaitopt.rl.training`; here snapshots of the policy are taken while it learns.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.rl.arrays import ignoring_float_warnings
from gaitopt.rl.mdps.catalog import Problem, find_problem, make_training
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.training import Progress, Stopping, evaluate
from gaitopt.run.lab.findings import FINDINGS
from gaitopt.run.lab.settings import LabSettings

EPISODES = 20
"""Number of episodes that measure a random policy."""
UNLEARNED = Progress(0, 0, 0, float("nan"), {})
"""Progress before training begins."""


@dataclass(frozen=True)
class Snapshot:
    """Snapshot of the policy while it learns."""

    progress: Progress
    """Progress of training."""
    value: float
    """Value of the policy, in the problem's own unit; more is better."""
    learned: Array
    """Behavior of the policy; see `Finding.look`."""


@dataclass(frozen=True)
class Outcome:
    """Result of an experiment."""

    settings: LabSettings
    """Settings of the experiment."""
    problem: Problem
    """Description of the problem."""
    snapshots: tuple[Snapshot, ...]
    """Snapshots of the policy, the first before learning, the last at its end."""
    random_value: float | None
    """Value of a random policy; None if the best value is known."""
    interrupted: bool
    """Whether it was interrupted."""

    @property
    def last(self) -> Snapshot:
        """Snapshot of the learned policy."""
        return self.snapshots[-1]

    @property
    def share_of_best(self) -> float | None:
        """Value divided by the best value; None if that is zero or unknown."""
        return self.last.value / self.problem.best if self.problem.best else None

    @property
    def times_nearer(self) -> float | None:
        """Ratio of the mean distance of a random policy to that of the learned one; None if the best value is known."""
        return self.random_value / self.last.value if self.random_value is not None else None


class Lab:
    """One lab experiment."""

    def __init__(self, settings: LabSettings) -> None:
        """Prepare the experiment; nothing is learned yet."""
        self.settings, self.problem = settings, find_problem(settings.problem)
        stopping = Stopping(steps=settings.steps)
        self._training = make_training(settings.problem, settings.algorithm, settings.seed, settings.options, stopping)

    def run(self, watch: Callable[[Snapshot], None] | None = None) -> Outcome:
        """Learn; `watch` is called with every snapshot. Ctrl-C ends it early, with the policy so far.

        Raises:
            InputError: a value was not finite.
        """
        name = f"{self.settings.algorithm} on {self.settings.problem}"
        snapshots = _Snapshots(self._training.algorithm.policy, self.settings, watch)
        interrupted = False
        with ignoring_float_warnings():
            try:
                snapshots(UNLEARNED)
                self._training.run(snapshots)
            except KeyboardInterrupt:
                interrupted = True
            except InputError as error:
                raise InputError(f"{name}, after {snapshots.latest.steps} steps: {error}") from error
            snapshots.finish()
            value = snapshots.taken[-1].value
            if not math.isfinite(value):
                raise InputError(
                    f"{name}: the value of the policy is {value}: its steps are too large; make them smaller"
                )
            random_value = _random_value(self.problem) if self.problem.best is None else None
        return Outcome(self.settings, self.problem, tuple(snapshots.taken), random_value, interrupted)


class _Snapshots:
    """Snapshots of a policy, evenly spaced."""

    def __init__(self, policy: Policy, settings: LabSettings, watch: Callable[[Snapshot], None] | None) -> None:
        self._policy = policy
        self._evaluate = find_problem(settings.problem).evaluate
        self._finding = FINDINGS[settings.problem]
        self._interval = settings.steps / self._finding.snapshots
        self._watch = watch
        self.taken: list[Snapshot] = []
        self.latest = UNLEARNED

    def __call__(self, progress: Progress) -> None:
        self.latest = progress
        if progress.steps >= len(self.taken) * self._interval:
            self._take()

    def finish(self) -> None:
        """Take a last snapshot, unless it has been taken."""
        if not self.taken or self.taken[-1].progress is not self.latest:
            self._take()

    def _take(self) -> None:
        snapshot = Snapshot(self.latest, self._evaluate(self._policy), self._finding.look(self._policy))
        self.taken.append(snapshot)
        if self._watch is not None:
            self._watch(snapshot)


def _random_value(problem: Problem) -> float:
    """Return the mean reward per step of the policy before learning, with actions drawn at random."""
    policy = problem.make_policy(np.random.default_rng(0))
    environment = problem.make_environment(policy)
    return float(evaluate(policy, environment, np.random.default_rng(0), EPISODES, explore=True).mean())
