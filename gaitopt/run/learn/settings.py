"""Settings of a run, which learns a gait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.gait.paw_motion import TRENDS, PawMotion
from gaitopt.gait.space import GaitSpace
from gaitopt.optim.base import Features, Optimizer
from gaitopt.optim.catalog import DEFAULT, OPTIMIZERS, make_optimizer, resolve_options
from gaitopt.run.real.robot import RealRobot
from gaitopt.run.settings.base import EvaluationWalks, Seed, Settings, score_setting
from gaitopt.scenario.objective import SPEED, ScoreSpec
from gaitopt.seeding import Stream, generator

TRAVERSALS = 1035
FRESH, FRESH_ON_ROBOT = 20, 5
"""Evaluation walks in simulation, and on a real robot, where each costs time and battery."""


class LearnSettings(Settings):
    """Settings of a run; see `gaitopt.learn`."""

    kind: ClassVar[str] = "learn"

    if TYPE_CHECKING:  # or type checkers would want specs, and every field

        def __init__(self, /, **fields: Any) -> None: ...

    optimizer: str = DEFAULT
    """Optimizer; see `gaitopt list optimizers`."""
    options: dict[str, Any]
    """Options of the optimizer (default: its own)."""
    traversals: Annotated[int, Field(strict=True, ge=1)] = TRAVERSALS
    """Budget: number of traversals; learning does as many whole iterations as fit."""
    fresh: EvaluationWalks
    """Evaluation walks of the first and of the best gait, not used for learning (default: 20; 5 on a real robot)."""
    seed: Seed = 0
    """Random seed."""
    score: ScoreSpec
    """Objective of a traversal, to be maximized: a weighted sum of speed, sway, roll, pitch, energy, power and drift,
    such as 'speed - 0.5*sway' (default: the scenario's own, else speed)."""
    allow_artefacts: Annotated[bool, Field(strict=True)] = False
    """Score walks with artefacts, such as flight, as they are; otherwise lower, the more they exceed the limits."""
    real: RealRobot | None = None
    """Real robot that walks (default: none; learning is in simulation)."""

    @classmethod
    def completed(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Return the settings given with names resolved and defaults filled in; see `Settings.completed`."""
        values = super().completed(given)
        values["optimizer"] = optimizer = OPTIMIZERS.name_of(given.get("optimizer", DEFAULT))
        return {
            "fresh": FRESH if given.get("real") is None else FRESH_ON_ROBOT,
            "name": f"{values['robot'].name}-{optimizer.rpartition(':')[2]}",
            **values,
            "options": resolve_options(optimizer, given.get("options")),
            "score": score_setting(given.get("score", values["scenario"].score or SPEED)),
        }


class BudgetError(InputError):
    """A budget too small for an optimizer's first iteration."""

    def __init__(self, optimizer: str, traversals: int, cost: int) -> None:
        super().__init__(
            f"traversals: got {traversals}; one iteration of {optimizer} takes {cost}: give at least that many"
        )
        self.cost = cost
        """Number of traversals of the first iteration."""


def new_optimizer(settings: LearnSettings) -> Optimizer:
    """Return the run's optimizer in its initial state."""
    space, motion = GaitSpace(settings.robot), PawMotion(settings.robot)
    start, epsilon = space.to_cube(settings.start_gait), space.epsilon_in_cube
    rng = generator(settings.seed, Stream.OPTIMIZER)

    def of(points: Array) -> Array:
        return motion.features(space.vectors(points))

    return make_optimizer(settings.optimizer, start, epsilon, rng, settings.options, Features(of, len(TRENDS)))


def check_budget(settings: LearnSettings) -> None:
    """Check that the budget is enough for an iteration.

    Raises:
        BudgetError: it is not.
    """
    optimizer = new_optimizer(settings)
    cost = optimizer.batch * optimizer.repeats
    if settings.traversals < cost:
        raise BudgetError(settings.optimizer, settings.traversals, cost)
