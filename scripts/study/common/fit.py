"""Constants of servos between bounds, and which samples of them fit published speeds best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common.published import Published, error, rms
from gaitopt.arrays import Array


@dataclass(frozen=True)
class Bound:
    """Bounds of a constant."""

    low: float
    """Lowest value."""
    high: float
    """Highest value."""
    why: str
    """Why it lies between them."""
    step: float = 0.0
    """Values are whole multiples of it; 0 for any value, evenly spread in the logarithm."""

    def value(self, share: float) -> float:
        """Return the value at a share of the way from low to high, 0 to 1."""
        if self.step:
            count = round((self.high - self.low) / self.step)
            return self.low + self.step * min(count, int(share * (count + 1)))
        return math.exp(math.log(self.low) + share * math.log(self.high / self.low))


BOUNDS = {
    "stall_torque_nm": Bound(0.5, 2.6, "to stand takes some 0.6 N m; above 2.6 the motors would draw over 20 W each"),
    "no_load_ratio": Bound(1.0, 2.0, "over the rated speed, which Sony recommends and published gaits exceed"),
    "response_s": Bound(0.004, 0.040, "half a command period to the slowest hobby servos"),
    "damping_nms": Bound(0.1, 1.0, "full torque at a speed error of 2 to 20 rad/s"),
    "armature_kgm2": Bound(0.0015, 0.0050, "a rotor of 1.5 to 5 g cm^2 behind gears of 1:100"),
    "delay_s": Bound(0.0, 0.032, "whole command periods of 8 ms, up to four", step=0.008),
    "friction": Bound(0.45, 0.85, "rubber on carpet, assumed; the robots walked in different laboratories"),
}
"""Bounds of the constants that all gaits of a robot share: of its servos, and the friction of its carpet."""


@dataclass(frozen=True)
class Sample:
    """Constants and the speeds of gaits with them."""

    constants: dict[str, float]
    """Constants by name."""
    speeds: dict[str, float]
    """Mean speeds by gait [m/s]."""


def constants_at(point: Array) -> dict[str, float]:
    """Return the constants at a point of the unit cube, (constants,)."""
    return {name: bound.value(float(share)) for (name, bound), share in zip(BOUNDS.items(), point, strict=True)}


def misfit(speeds: Mapping[str, float], gaits: Sequence[Published]) -> float:
    """Return the root mean square of the errors of these gaits."""
    return rms([error(speeds[gait.name], gait.speed) for gait in gaits])


def best(samples: Sequence[Sample], gaits: Sequence[Published]) -> Sample:
    """Return the sample that fits these gaits best."""
    return min(samples, key=lambda sample: misfit(sample.speeds, gaits))


def left_out(samples: Sequence[Sample], gaits: Sequence[Published]) -> dict[str, Sample]:
    """Return, for each gait, the sample that fits the others best."""
    return {gait.name: best(samples, [other for other in gaits if other is not gait]) for gait in gaits}
