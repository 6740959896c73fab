"""Settings of a comparison of methods and of its runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar

from gaitopt.errors import InputError, unknown_name
from gaitopt.optim.catalog import OPTIMIZERS, resolve_options
from gaitopt.registry import Registry
from gaitopt.rl.algorithms.catalog import ALGORITHMS
from gaitopt.run.compare.budget import Budget, Steps, Traversals
from gaitopt.run.learn.settings import TRAVERSALS, LearnSettings
from gaitopt.run.settings.base import EvaluationWalks, Seed, Settings, adjusted, score_setting
from gaitopt.run.settings.overrides import METHOD
from gaitopt.run.train.defaults import SEEING_SPEED, usual_policy
from gaitopt.run.train.settings import STEPS, PolicyOptions, TrainSettings, training_options
from gaitopt.scenario.objective import SPEED, ScoreSpec
from gaitopt.spec import Count
from gaitopt.walk.policy_controller import Interface

ALL = "all"
SEEDS, MOST_SEEDS = 5, 1000
OWN = {
    "optimizers": ("optimizers", "traversals", "score"),
    "algorithms": ("algorithms", "steps", "interface", "policy_options"),
}
"""Settings that only comparisons of one kind of method have."""
BUDGET = {"optimizers": "traversals", "algorithms": "steps"}

Member = LearnSettings | TrainSettings


class CompareSettings(Settings):
    """Settings of a comparison; see `gaitopt.compare`."""

    kind: ClassVar[str] = "compare"

    if TYPE_CHECKING:  # or type checkers would want specs, and every field

        def __init__(self, /, **fields: Any) -> None: ...

    optimizers: tuple[str, ...] | None = None
    """Optimizers to compare, with commas between, or all; see `gaitopt list optimizers` (default: all that fit in
    the budget)."""
    traversals: Count | None = None
    """Budget of each run of an optimizer: number of traversals (default: 1035)."""
    score: ScoreSpec | None = None
    """Objective that optimizers maximize: a weighted sum of speed, sway, roll, pitch, energy, power and drift, such as
    'speed - 0.5*sway' (default: the scenario's own, else speed)."""
    algorithms: tuple[str, ...] | None = None
    """Algorithms to compare, in place of optimizers, with commas between, or all; see `gaitopt list algorithms`."""
    steps: Count | None = None
    """Budget of each run of an algorithm: number of environment steps (default: 200000)."""
    interface: Interface | None = None
    """Observation and action of all policies (default: with the velocity, which linear policies need)."""
    policy_options: PolicyOptions | None = None
    """Initial noise and layers of policies; see `gaitopt.run.train.settings.PolicyOptions`."""
    options: dict[str, dict[str, Any]]
    """Options of the methods, in a table for each by its name; a table named `method` is for all."""
    seeds: tuple[Seed, ...]
    """Number of random seeds, or the seeds with commas between; every method learns with each (default: 5)."""
    fresh: EvaluationWalks = 20
    """Evaluation walks by which each gait or policy is measured, not used for learning."""

    @classmethod
    def completed(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Return the settings given with names resolved and defaults filled in; see `Settings.completed`."""
        check_one_kind(given)
        values = super().completed(given) | {"seeds": seed_list(given.get("seeds", SEEDS))}
        values.setdefault("name", f"{values['robot'].name}-comparison")
        options = given.get("options") or {}
        if "algorithms" in given:
            methods = method_names(given["algorithms"], ALGORITHMS, "algorithms")
            begin, interface = given.get("policy_options", {}), given.get("interface", {})
            return values | {
                "algorithms": methods,
                "steps": given.get("steps", STEPS),
                "interface": adjusted(SEEING_SPEED, interface, "interface"),
                "policy_options": adjusted(PolicyOptions(), begin, "policy"),
                "options": {
                    name: training_options(name, usual_policy(name), own)
                    for name, own in _own_options(methods, options).items()
                },
            }
        methods = method_names(given.get("optimizers"), OPTIMIZERS, "optimizers")
        return values | {
            "optimizers": methods,
            "traversals": given.get("traversals", TRAVERSALS),
            "score": score_setting(given.get("score", values["scenario"].score or SPEED)),
            "options": {name: resolve_options(name, own) for name, own in _own_options(methods, options).items()},
        }

    @property
    def methods(self) -> tuple[str, ...]:
        """The optimizers, or the algorithms."""
        return self.algorithms or self.optimizers or ()

    @property
    def budget(self) -> Budget:
        """Budget of each run."""
        return Steps(self.steps or 0) if self.algorithms else Traversals(self.traversals or 0)

    def member(self, method: str, seed: int) -> Member:
        """Return the settings of one run."""
        shared = {name: getattr(self, name) for name in ("robot", "scenario", "gait", "engine", "fresh")}
        shared |= {"options": self.options[method], "seed": seed, "name": member_name(method, seed)}
        if self.algorithms:
            begin = {"interface": self.interface, "policy_options": self.policy_options}
            snapshots = self.budget.points()[1:]
            return TrainSettings(**shared, **begin, algorithm=method, steps=self.steps, snapshots=snapshots)
        return LearnSettings(**shared, optimizer=method, traversals=self.traversals, score=self.score)


def member_name(method: str, seed: int) -> str:
    """Return the name of a run's folder."""
    return f"{method.rpartition(':')[2]}-{seed}"


def check_one_kind(given: Collection[str], dashes: str = "") -> None:
    """Check that settings belong to comparisons of the same kind.

    Args:
        given: names of settings; without `algorithms` among them, optimizers are compared.
        dashes: prefix of the names of settings in the error.

    Raises:
        InputError: names those that do not go together.
    """
    if "optimizers" in given and "algorithms" in given:
        raise InputError(
            f"{dashes}optimizers and {dashes}algorithms cannot be compared with each other: their budgets are "
            "traversals and steps; give one of the two"
        )
    kind, other = ("algorithms", "optimizers") if "algorithms" in given else ("optimizers", "algorithms")
    for name in given:
        if name in OWN[other]:
            instead = f"; the budget of {dashes}{kind} is {dashes}{BUDGET[kind]}" if name == BUDGET[other] else ""
            raise InputError(f"{dashes}{name} belongs to {dashes}{other}{instead}")


def seed_list(seeds: Any) -> tuple[int, ...]:
    """Return the seeds: those given, or 1, 2, ... if only their number is given.

    Raises:
        InputError: there are none or too many, one is repeated, or they are not whole numbers.
    """
    several = isinstance(seeds, Sequence) and not isinstance(seeds, (str, bytes))
    given = seeds if several else (seeds,)
    if not all(isinstance(seed, Integral) for seed in given):
        raise InputError(f"seeds: got {seeds!r}; expected how many, or a list of whole numbers")
    count = len(seeds) if several else seeds
    if not 1 <= count <= MOST_SEEDS:
        raise InputError(f"seeds: got {count}; expected 1 to {MOST_SEEDS:,} of them")
    numbers = tuple(map(int, seeds)) if several else tuple(range(1, count + 1))
    if twice := [seed for i, seed in enumerate(numbers) if seed in numbers[:i]]:
        raise InputError(f"seeds: got {twice[0]} twice; expected each seed once")
    return numbers


def method_names(choice: Any, known: Registry[Any], setting: str = "methods") -> tuple[str, ...]:
    """Return the methods named in a text or a list, each once; all known ones for `all` or None.

    Raises:
        InputError: names the setting; it is neither a text nor a list of names or classes, or a name is unknown.
    """
    if choice is None or choice == ALL:
        return tuple(known)
    listed = choice.split(",") if isinstance(choice, str) else choice if isinstance(choice, Sequence) else [choice]
    if not all(isinstance(each, str) or callable(each) for each in listed):
        raise InputError(f"{setting}: got {choice!r}; expected names")
    return tuple(dict.fromkeys(known.name_of(each.strip() if isinstance(each, str) else each) for each in listed))


def _own_options(methods: Sequence[str], given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the given options of each method: those for all methods, then its own."""
    for name, own in given.items():
        if name not in (METHOD, *methods):
            raise unknown_name("method of this comparison", name, methods)
        if not isinstance(own, Mapping):
            raise InputError(f"options.{name}: got {own!r}; expected a table")
    return {name: {**given.get(METHOD, {}), **given.get(name, {})} for name in methods}
