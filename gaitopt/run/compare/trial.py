"""Interface of one run of a comparison, whatever it learns: learning, the recommendations over time, and the cost."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.settings.config_file import Provenance
from gaitopt.run.train.settings import TrainSettings
from gaitopt.run.walkers.walker import Walker
from gaitopt.scenario.objective import ScoreSpec


@dataclass(frozen=True)
class Incumbent:
    """Gait or policy that a run recommended at a point of its curve."""

    since: int
    """Budget spent when it was first recommended."""
    walker: Walker


class Effort(NamedTuple):
    """Cost of learning; see `Curve`."""

    spent: int
    walks: int
    fell: int
    wall_s: float
    overhead_s: float


class Trial(Protocol):
    """Ordinary run or training in the folder of a comparison."""

    path: Path

    @property
    def config(self) -> LearnSettings | TrainSettings:
        """Settings of the run."""
        ...

    @property
    def provenance(self) -> Provenance:
        """Resolved settings and versions when it was begun."""
        ...

    @property
    def method(self) -> str:
        """Name of the optimizer or algorithm."""
        ...

    @property
    def score(self) -> ScoreSpec:
        """Objective by which its evaluation walks are measured."""
        ...

    @property
    def title(self) -> str:
        """Robot, scenario, and the gait if policies adjust it."""
        ...

    @property
    def spent(self) -> int:
        """Part of the budget spent so far."""
        ...

    @property
    def result(self) -> str | None:
        """Result as text; None while it is unfinished."""
        ...

    @property
    def how_to_restart(self) -> str:
        """Instruction what to delete so that a run with damaged files learns again from the start."""
        ...

    def learn(self) -> None:
        """Continue learning to the end, in this process alone."""
        ...

    def recommended(self, points: Sequence[int]) -> list[Incumbent]:
        """Return the recommendation at each of these increasing points; at first the start."""
        ...

    def effort(self) -> Effort:
        """Return the cost of learning."""
        ...

    def locked(self) -> AbstractContextManager[None]:
        """Keep other processes from working on it."""
        ...
