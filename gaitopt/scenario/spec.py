"""A scenario in numbers: the field, its ground, the noise of one traversal, and how a heading is held.

Read from `scenarios/<name>.toml`. A field of type `Quantity` holds a number or a distribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field as Bounded
from pydantic import model_validator

from gaitopt.errors import unknown_name
from gaitopt.files import NonNegative, Positive, Real, Spec, data_folder, read_spec


class Normal(Spec):
    """A normal distribution, cut off at three standard deviations."""

    mean: Real
    """Mean, in the unit of the field."""
    std: NonNegative
    """Standard deviation, in the unit of the field."""

    @property
    def low(self) -> float:
        """Lowest value."""
        return self.mean - 3 * self.std

    def sample(self, rng: np.random.Generator) -> float:
        """Return one value."""
        return self.mean + self.std * float(np.clip(rng.standard_normal(), -3.0, 3.0))


class Uniform(Spec):
    """A uniform distribution."""

    low: Real
    """Lowest value."""
    high: Real
    """Highest value."""

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.low > self.high:
            raise ValueError(f"low {self.low} must not be above high {self.high}")
        return self

    def sample(self, rng: np.random.Generator) -> float:
        """Return one value."""
        return self.low + (self.high - self.low) * float(rng.random())


Quantity = Real | Normal | Uniform
"""A number, `{ mean, std }` or `{ low, high }`."""


class Field(Spec):
    """The field; x runs along it from the start line, y = 0 is its middle."""

    length_m: Positive
    """From the start line to the finish line [m]."""
    half_width_m: Positive
    """From the middle to each side line [m]."""
    run_up_m: NonNegative
    """How far behind the start line the robot stands [m]."""
    time_limit_s: Annotated[Positive, Bounded(le=3600)]
    """Time limit, from the first step [s]."""


class HeadingHold(Spec):
    """A small turn correction that keeps the robot on the middle line, as its vision did."""

    look_ahead_m: Positive
    """The robot heads for the point of the middle line this far ahead [m]."""
    gain: NonNegative
    """Skew added per radian of heading error [1/rad]."""
    limit: NonNegative
    """Largest skew added [1]."""


class ScenarioSpec(Spec):
    """A scenario in numbers; see the module's text."""

    schema_version: Literal[1]
    """Version of the file's layout."""
    name: str
    """The scenario's name in commands and files."""
    title: str
    """What it is."""
    field: Field
    """The field."""
    heading_hold: HeadingHold
    """How a heading is held."""
    friction: Quantity
    """Coulomb friction between paw and ground [1]."""
    servo_strength: Quantity
    """Speed and torque of all servos, as a part of what their data say [1]."""
    start_side_m: Quantity
    """Start pose: distance left of the middle line [m]."""
    start_heading_deg: Quantity
    """Start pose: heading, left positive [deg]."""

    @model_validator(mode="after")
    def _physical(self) -> ScenarioSpec:
        for name in ("friction", "servo_strength"):
            quantity = getattr(self, name)
            low = quantity if isinstance(quantity, float) else quantity.low
            if low <= 0:
                raise ValueError(f"{name}: got values down to {low:g}; expected all above 0")
        return self

    def sample(self, rng: np.random.Generator) -> Conditions:
        """Return the conditions of one traversal."""
        return Conditions(
            friction=_draw(self.friction, rng),
            servo_strength=_draw(self.servo_strength, rng),
            start_side=_draw(self.start_side_m, rng),
            start_heading=float(np.radians(_draw(self.start_heading_deg, rng))),
        )


@dataclass(frozen=True)
class Conditions:
    """What chance decides about one traversal."""

    friction: float
    """Coulomb friction between paw and ground [1]."""
    servo_strength: float
    """Factor on speed and torque of all servos [1]."""
    start_side: float
    """Distance left of the middle line [m]."""
    start_heading: float
    """Heading, left positive [rad]."""


def scenario_names() -> list[str]:
    """Return the names of the scenarios that come with the package."""
    return sorted(path.stem for path in data_folder("scenarios").glob("*.toml"))


def load_scenario(name: str) -> ScenarioSpec:
    """Return the scenario of that name, or the one in a `.toml` file.

    Raises:
        InputError: unknown name, or a file that does not describe a scenario.
    """
    if name.endswith(".toml"):
        return read_spec(ScenarioSpec, Path(name))
    if name not in scenario_names():
        raise unknown_name("scenario", name, scenario_names())
    return read_spec(ScenarioSpec, data_folder("scenarios") / f"{name}.toml")


def _draw(quantity: Quantity, rng: np.random.Generator) -> float:
    """Return one value; a plain number uses up no randomness."""
    return quantity if isinstance(quantity, float) else quantity.sample(rng)
