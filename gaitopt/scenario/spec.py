"""Specification of a scenario: the field, its ground, the noise of one traversal, and the heading hold.

Read from `scenarios/<name>.toml`. A field of type `Quantity` is a number or a distribution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import Field as Bounded
from pydantic import model_validator

from gaitopt.scenario.objective import ScoreSpec
from gaitopt.spec import NonNegative, Positive, Real, Spec, Vector, read_spec
from gaitopt.toml import data_folder, named_file

if TYPE_CHECKING:
    import numpy as np


class Normal(Spec):
    """Normal distribution, clipped at three standard deviations."""

    mean: Real
    """Mean, in the field's unit."""
    std: NonNegative
    """Standard deviation, in the field's unit."""

    @property
    def low(self) -> float:
        """Lowest value."""
        return self.mean - 3 * self.std

    def sample(self, rng: np.random.Generator) -> float:
        """Return a random value."""
        return self.mean + self.std * min(3.0, max(-3.0, float(rng.standard_normal())))


class Uniform(Spec):
    """Uniform distribution."""

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
        """Return a random value."""
        return self.low + (self.high - self.low) * float(rng.random())


Quantity = Real | Normal | Uniform
"""A number, `{ mean, std }` or `{ low, high }`."""


LONGEST_M = 1000.0
"""Largest length of a side of the field [m]."""
Length = Annotated[Positive, Bounded(le=LONGEST_M)]
MARGIN_M = 0.8
"""Extent of rough ground beyond the lines of the field [m]."""
MOST_BUMPS = 4_000_000
"""Largest number of points of a height field that physics engines can load."""
SHORTEST_PAUSE_S = 0.01
"""Shortest time between two pushes [s]."""


class Field(Spec):
    """Field; x points along it from the start line, y = 0 is its middle line."""

    length_m: Length
    """Distance from the start line to the finish line [m]."""
    half_width_m: Length
    """Distance from the middle line to each side line [m]."""
    run_up_m: Annotated[NonNegative, Bounded(le=LONGEST_M)]
    """Distance from the start pose to the start line [m]."""
    time_limit_s: Annotated[Positive, Bounded(ge=0.1, le=3600)]
    """Time limit, from the first step [s]."""


class HeadingHold(Spec):
    """Heading hold: a small turn that keeps the robot on the middle line, as vision did on the real robot."""

    look_ahead_m: Positive
    """Distance ahead of the point on the middle line that the robot heads for [m]."""
    gain: NonNegative
    """Skew added per radian of heading error [1/rad]."""
    limit: Annotated[NonNegative, Bounded(le=10)]
    """Largest skew added [1]."""


class Rough(Spec):
    """Rough ground; see `gaitopt.scenario.terrain`."""

    height_m: Positive
    """Height from the lowest to the highest point [m]."""
    cell_m: Annotated[Positive, Bounded(ge=0.01)]
    """Size of the smallest bumps [m]."""
    seed: Annotated[int, Bounded(strict=True, ge=0)] = 0
    """Random seed of the ground, which is the same for all traversals."""


class Pushes(Spec):
    """Horizontal pushes against the trunk, from random directions."""

    every_s: Quantity
    """Time from one push to the next [s]."""
    impulse_ns: Quantity
    """Impulse of a push [N s]."""
    lasts_s: Positive = 0.1
    """Duration of a push [s]."""


class Payload(Spec):
    """Load on the robot's back."""

    mass_kg: Quantity
    """Mass [kg]."""
    at_mm: Vector
    """Position of its center, from the body's origin [mm]."""


class ScenarioSpec(Spec):
    """Specification of a scenario; see the module's docstring."""

    schema_version: Literal[1]
    """Version of the file's layout."""
    name: str
    """Name of the scenario in commands and files."""
    title: str
    """Short description."""
    field: Field
    """Field."""
    heading_hold: HeadingHold
    """Heading hold."""
    friction: Quantity
    """Coefficient of Coulomb friction between paw and ground [1]."""
    servo_strength: Quantity
    """Factor on speed and torque of all servos [1]."""
    start_side_m: Quantity
    """Start pose: distance left of the middle line [m]."""
    start_heading_deg: Quantity
    """Start pose: heading, left positive [deg]."""

    slope_deg: Quantity = 0.0
    """Rise of the field along its length [deg]."""
    rough: Rough | None = None
    """Rough ground; None if the ground is flat."""
    pushes: Pushes | None = None
    """Pushes; None if there are none."""
    payload: Payload | None = None
    """Load; None if there is none."""
    score: ScoreSpec | None = None
    """Score, the objective of learning; the speed if None."""
    fall_cost: NonNegative = 1.0
    """Cost in the reward of a policy of a fall, leaving the field or being stuck, in lengths of the field [1]."""
    stuck_s: Positive | None = None
    """Time without a centimeter of progress after which a policy is stuck [s]; None: never."""

    @model_validator(mode="after")
    def _physical(self) -> ScenarioSpec:
        positive = {"friction": self.friction, "servo_strength": self.servo_strength}
        if self.pushes is not None:
            positive["pushes.every_s"] = self.pushes.every_s
        if self.payload is not None:
            positive["payload.mass_kg"] = self.payload.mass_kg
        for name, quantity in positive.items():
            low = quantity if isinstance(quantity, float) else quantity.low
            if low <= 0:
                raise ValueError(f"{name}: got values down to {low:g}; expected all above 0")
            if name == "pushes.every_s" and low < SHORTEST_PAUSE_S:
                raise ValueError(f"{name}: got values down to {low:g}; expected at least {SHORTEST_PAUSE_S:g}")
        if self.rough is not None:
            long = self.field.length_m + 2 * (self.field.run_up_m + MARGIN_M)
            bumps = long * 2 * (self.field.half_width_m + MARGIN_M) / self.rough.cell_m**2
            if bumps > MOST_BUMPS:
                raise ValueError(
                    f"rough.cell_m: got {bumps:.2g} bumps on this field; expected at most {MOST_BUMPS:,}: "
                    "use larger ones, or a smaller field"
                )
        return self

    def sample(self, rng: np.random.Generator) -> Conditions:
        """Return random conditions of one traversal."""
        return Conditions(
            friction=_draw(self.friction, rng),
            servo_strength=_draw(self.servo_strength, rng),
            start_side=_draw(self.start_side_m, rng),
            start_heading=math.radians(_draw(self.start_heading_deg, rng)),
            slope=math.radians(_draw(self.slope_deg, rng)),
            payload=_draw(self.payload.mass_kg, rng) if self.payload else 0.0,
            pushes=self._draw_pushes(rng),
        )

    def _draw_pushes(self, rng: np.random.Generator) -> tuple[Push, ...]:
        if self.pushes is None:
            return ()
        import numpy as np  # its cosine may differ from math's in the last digit, on which walks depend

        pushes, time = [], 0.0
        while (time := time + _draw(self.pushes.every_s, rng)) < self.field.time_limit_s:
            side = rng.uniform(-np.pi, np.pi)
            force = _draw(self.pushes.impulse_ns, rng) / self.pushes.lasts_s
            pushes.append(
                Push(time, time + self.pushes.lasts_s, (force * float(np.cos(side)), force * float(np.sin(side))))
            )
        return tuple(pushes)


class Push(NamedTuple):
    """Push against the trunk."""

    start: float
    """Start time, from the first step [s]."""
    end: float
    """End time [s]."""
    force: tuple[float, float]
    """Force along the field and to the left [N]."""


@dataclass(frozen=True)
class Conditions:
    """Random conditions of one traversal."""

    friction: float
    """Coefficient of Coulomb friction between paw and ground [1]."""
    servo_strength: float
    """Factor on speed and torque of all servos [1]."""
    start_side: float
    """Distance left of the middle line [m]."""
    start_heading: float
    """Heading, left positive [rad]."""
    slope: float = 0.0
    """Rise of the field along its length [rad]."""
    payload: float = 0.0
    """Mass of the load [kg]."""
    pushes: tuple[Push, ...] = ()
    """Pushes, in the order of time."""


def scenario_names() -> list[str]:
    """Return the names of the scenarios that come with the package."""
    return sorted(path.stem for path in data_folder("scenarios").glob("*.toml"))


def load_scenario(name: str | Path, **changes: Any) -> ScenarioSpec:
    """Return the scenario of a name, or the one in a `.toml` file; keyword arguments change its fields.

    Raises:
        InputError: unknown name, a file that does not describe a scenario, or a change that does not fit.
    """
    scenario = read_spec(ScenarioSpec, named_file("scenario", name, data_folder("scenarios")))
    return scenario.changed(**changes) if changes else scenario


def _draw(quantity: Quantity, rng: np.random.Generator) -> float:
    """Return a random value; a plain number draws nothing from the generator."""
    return quantity if isinstance(quantity, float) else quantity.sample(rng)
