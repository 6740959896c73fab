"""The lab: one policy-gradient algorithm learns one small problem, and somebody watches.

The loop itself is `gaitopt.rl.training`; here the policy is looked at from time to time while it learns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError, unknown_name
from gaitopt.rl.algorithms.catalog import ALGORITHMS, resolve_options
from gaitopt.rl.arrays import ignoring_float_warnings
from gaitopt.rl.mdps.catalog import Problem, find_problem, make_training
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.training import Progress, Stopping, evaluate
from gaitopt.run.lab.findings import FINDINGS
from gaitopt.toml import parse_value

EPISODES = 20
"""How many episodes a random policy is measured by."""
UNLEARNED = Progress(0, 0, 0, float("nan"), {})
"""Where training stands before it begins."""


@dataclass(frozen=True)
class Experiment:
    """What is to be learned, and how."""

    problem: str
    """Its name in the catalog of problems."""
    algorithm: str
    """Its name in the catalog of algorithms."""
    seed: int
    """What chance depends on."""
    steps: int
    """It ends with the update that reaches so many steps."""
    options: Mapping[str, Any]
    """Every option of the algorithm with its value."""
    changes: Mapping[str, Any]
    """Those of them that the user gave."""


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

    experiment: Experiment
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
    """One experiment."""

    def __init__(
        self, problem: str, algorithm: str, seed: int = 0, steps: int | None = None, changes: Sequence[str] = ()
    ) -> None:
        """Prepare it; nothing is learned yet.

        Args:
            problem: its name.
            algorithm: its name.
            seed: what chance depends on.
            steps: after how many to stop; the problem's own number if None.
            changes: `option=value` for options of the algorithm, values written as in TOML, or none.

        Raises:
            InputError: no problem, algorithm or option has this name, a value is out of range, or the algorithm is
                not known to learn the problem.
        """
        self.problem = find_problem(problem)
        _demand_fit(problem, algorithm, self.problem)
        changed = dict(_option(change) for change in changes)
        options = resolve_options(algorithm, {**self.problem.options[algorithm], **changed})
        self.experiment = Experiment(problem, algorithm, seed, steps or self.problem.steps, options, changed)
        stopping = Stopping(steps=self.experiment.steps)
        self._training = make_training(problem, algorithm, seed, options, stopping)

    def run(self, watch: Callable[[Snapshot], None] | None = None) -> Outcome:
        """Learn; `watch` sees every snapshot. Ctrl-C ends it early, with what was learned so far.

        Raises:
            InputError: something was not a number.
        """
        look = _Look(self._training.algorithm.policy, self.experiment, watch)
        interrupted = False
        with ignoring_float_warnings():
            try:
                look(UNLEARNED)
                self._training.run(look)
            except KeyboardInterrupt:
                interrupted = True
            except InputError as error:
                name = f"{self.experiment.algorithm} on {self.experiment.problem}"
                raise InputError(f"{name}, after {look.latest.steps} steps: {error}") from error
            look.finish()
            worth = look.snapshots[-1].value
            if not math.isfinite(worth):
                name = f"{self.experiment.algorithm} on {self.experiment.problem}"
                raise InputError(
                    f"{name}: what was learned is worth {worth}: its steps are too large; make them smaller"
                )
            random_value = _random_value(self.problem) if self.problem.best is None else None
        return Outcome(self.experiment, self.problem, tuple(look.snapshots), random_value, interrupted)


class _Look:
    """Takes snapshots of a policy, evenly spaced."""

    def __init__(self, policy: Policy, experiment: Experiment, watch: Callable[[Snapshot], None] | None) -> None:
        self._policy = policy
        self._evaluate = find_problem(experiment.problem).evaluate
        self._finding = FINDINGS[experiment.problem]
        self._interval = experiment.steps / self._finding.snapshots
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


def _demand_fit(name: str, algorithm: str, problem: Problem) -> None:
    if algorithm not in ALGORITHMS:
        raise unknown_name("algorithm", algorithm, ALGORITHMS)
    if algorithm not in problem.options:
        raise InputError(f"{algorithm} is not known to learn {name}; choose one of {', '.join(problem.options)}")


def _option(change: str) -> tuple[str, Any]:
    name, equals, value = change.partition("=")
    if not (equals and name.strip() and value.strip()):
        raise InputError(f"--set: got {change!r}; expected OPTION=VALUE, such as discount=0.9")
    return name.strip(), parse_value(value)


def _random_value(problem: Problem) -> float:
    """Return the mean reward per step of the policy that has learned nothing, its actions drawn at random."""
    policy = problem.make_policy(np.random.default_rng(0))
    environment = problem.make_environment(policy)
    return float(evaluate(policy, environment, np.random.default_rng(0), EPISODES, explore=True).mean())
