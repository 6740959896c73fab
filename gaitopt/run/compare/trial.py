"""One run of a comparison, whatever it learns: how it is let learn, what it recommended when, and what that took."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from gaitopt.run.config_file import Provenance
from gaitopt.run.learn.settings import LearnSettings
from gaitopt.run.train.settings import TrainSettings
from gaitopt.run.walker import Walker
from gaitopt.scenario.objective import ScoreSpec


@dataclass(frozen=True)
class Incumbent:
    """What a run recommended at a point of its curve."""

    since: int
    """What had been spent when it was recommended first."""
    walker: Walker


class Effort(NamedTuple):
    """What learning took; see `Curve`."""

    spent: int
    walks: int
    fell: int
    wall_s: float
    overhead_s: float


class Trial(Protocol):
    """An ordinary run, or training, in the folder of a comparison."""

    path: Path

    @property
    def config(self) -> LearnSettings | TrainSettings:
        """Its settings."""
        ...

    @property
    def provenance(self) -> Provenance:
        """What its settings stood for when it was begun."""
        ...

    @property
    def method(self) -> str:
        """Name of the optimizer or algorithm."""
        ...

    @property
    def score(self) -> ScoreSpec:
        """What its fresh traversals are worth."""
        ...

    @property
    def title(self) -> str:
        """Who walks where."""
        ...

    @property
    def spent(self) -> int:
        """What it spent of its budget so far."""
        ...

    @property
    def result(self) -> str | None:
        """What it learned, in words; None before it has come to its end."""
        ...

    @property
    def anew(self) -> str:
        """What to delete so that it learns anew, if its files are damaged."""
        ...

    def learn(self) -> None:
        """Learn from where it stands to its end, in this process alone."""
        ...

    def recommended(self, points: Sequence[int]) -> list[Incumbent]:
        """Return what it recommended at each of these points, which increase; at first its start."""
        ...

    def effort(self) -> Effort:
        """Return what learning took."""
        ...

    def locked(self) -> AbstractContextManager[None]:
        """Keep other processes from working on it."""
        ...
