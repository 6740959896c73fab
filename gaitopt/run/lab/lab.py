"""The lab: one policy-gradient algorithm learns one small problem, and somebody watches.

The loop itself is `gaitopt.rl.training`; here the policy is looked at from time to time while it learns.
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
"""How many episodes a random policy is measured by."""
UNLEARNED = Progress(0, 0, 0, float("nan"), {})
"""Where training stands before it begins."""


@dataclass(frozen=True)
class Snapshot:
    """A look at the policy while it learns."""

    progress: Progress
    """Where training stood."""
    value: float
    """How good the policy was, in the problem's own unit; more is better."""
    learned: Array
    """What the policy did; see `Finding.look`."""


@dataclass(frozen=True)
class Outcome:
    """What became of an experiment."""

    settings: LabSettings
    """What was to be learned."""
    problem: Problem
    """What is known of the problem."""
    snapshots: tuple[Snapshot, ...]
    """The first is of the policy that had learned nothing, the last of the one that was learned."""
    random_value: float | None
    """What a policy that acts at random reaches, where the best is not known."""
    interrupted: bool
    """Whether it was stopped before its end."""

    @property
    def last(self) -> Snapshot:
        """The policy that was learned."""
        return self.snapshots[-1]

    @property
    def share_of_best(self) -> float | None:
        """The value as a part of the best one; None where that is zero or not known."""
        return self.last.value / self.problem.best if self.problem.best else None

    @property
    def times_nearer(self) -> float | None:
        """How many times smaller the mean distance is than that of a random policy; None where the best is known."""
        return self.random_value / self.last.value if self.random_value is not None else None


class Lab:
    """One lab experiment."""

    def __init__(self, settings: LabSettings) -> None:
        """Prepare it; nothing is learned yet."""
        self.settings, self.problem = settings, find_problem(settings.problem)
        stopping = Stopping(steps=settings.steps)
        self._training = make_training(settings.problem, settings.algorithm, settings.seed, settings.options, stopping)

    def run(self, watch: Callable[[Snapshot], None] | None = None) -> Outcome:
        """Learn; `watch` sees every snapshot. Ctrl-C ends it early, with what was learned so far.

        Raises:
            InputError: something was not a number.
        """
        look = _Look(self._training.algorithm.policy, self.settings, watch)
        interrupted = False
        with ignoring_float_warnings():
            try:
                look(UNLEARNED)
                self._training.run(look)
            except KeyboardInterrupt:
                interrupted = True
            except InputError as error:
                name = f"{self.settings.algorithm} on {self.settings.problem}"
                raise InputError(f"{name}, after {look.latest.steps} steps: {error}") from error
            look.finish()
            worth = look.snapshots[-1].value
            if not math.isfinite(worth):
                name = f"{self.settings.algorithm} on {self.settings.problem}"
                raise InputError(
                    f"{name}: what was learned is worth {worth}: its steps are too large; make them smaller"
                )
            random_value = _random_value(self.problem) if self.problem.best is None else None
        return Outcome(self.settings, self.problem, tuple(look.snapshots), random_value, interrupted)


class _Look:
    """Takes snapshots of a policy, evenly spaced."""

    def __init__(self, policy: Policy, settings: LabSettings, watch: Callable[[Snapshot], None] | None) -> None:
        self._policy = policy
        self._evaluate = find_problem(settings.problem).evaluate
        self._finding = FINDINGS[settings.problem]
        self._interval = settings.steps / self._finding.snapshots
        self._watch = watch
        self.snapshots: list[Snapshot] = []
        self.latest = UNLEARNED

    def __call__(self, progress: Progress) -> None:
        self.latest = progress
        if progress.steps >= len(self.snapshots) * self._interval:
            self._take()

    def finish(self) -> None:
        """Have the last snapshot be of the policy as it is now."""
        if not self.snapshots or self.snapshots[-1].progress is not self.latest:
            self._take()

    def _take(self) -> None:
        snapshot = Snapshot(self.latest, self._evaluate(self._policy), self._finding.look(self._policy))
        self.snapshots.append(snapshot)
        if self._watch is not None:
            self._watch(snapshot)


def _random_value(problem: Problem) -> float:
    """Return the mean reward per step of the policy that has learned nothing, its actions drawn at random."""
    policy = problem.make_policy(np.random.default_rng(0))
    environment = problem.make_environment(policy)
    return float(evaluate(policy, environment, np.random.default_rng(0), EPISODES, explore=True).mean())
