"""Gaits whose speed on the real robot was published, and how far a simulated speed is from it."""

from __future__ import annotations

from dataclasses import dataclass

from gaitopt.gait.parameters import GaitParameters


@dataclass(frozen=True)
class Published:
    """A gait and its speed on the real robot."""

    name: str
    """Short name."""
    parameters: GaitParameters
    """The twelve parameters; swings of another shape than half an ellipse are approximated."""
    speed: tuple[float, float]
    """Lowest and highest speed that was measured [m/s]; the lowest is 0 if only "less than" was published."""
    fitted: bool
    """Whether constants are fitted to it; the others judge."""
    source: str
    """Where the gait and its speed come from."""
    corner_mm: int = 0
    """Half the stroke of a rectangular swing [mm]; 0 for half an ellipse."""


UNSW = "rUNSWift 2005 code release"
NORMAL = (
    f"{UNSW}: PyCode/Action.py, NormalWalk (rectangular swing); walkBase/data/*/rawForward.dat, four robots, by command"
)
ELLIPTICAL = f"{UNSW}: EllipticalWalk.cc; no log of its speed: taken to be as fast as the normal walk it replaced"


def _normal(stroke: int, low: float, high: float) -> Published:
    """Return rUNSWift's normal walk at one forward command, which is half the stroke [mm]; speeds in m/s."""
    row = (0.020, 0.010, 0.059, 0.020, 0.005, -0.050, stroke / 1e3, 0.0, 0.090, 0.110, 0.640, 0.5)
    return Published(f"normal-{stroke}", GaitParameters(*row), (low, high), False, NORMAL, stroke)


ERS7 = (
    _normal(50, 0.290, 0.318),
    _normal(40, 0.274, 0.286),
    _normal(30, 0.217, 0.226),
    _normal(20, 0.148, 0.158),
    Published(
        "l1",
        GaitParameters(0.022, 0.013, 0.048, 0.040, 0.007, -0.066, 0.0455, 0.0, 0.088, 0.130, 0.584, 0.5),
        (0.290, 0.318),
        True,
        f"{ELLIPTICAL} (learned, 'soft command')",
    ),
    Published(
        "l2",
        GaitParameters(0.022, 0.013, 0.050, 0.040, 0.006, -0.063, 0.046, 0.0, 0.094, 0.126, 0.608, 0.5),
        (0.290, 0.318),
        False,
        f"{ELLIPTICAL} (learned without it)",
    ),
    Published(
        "pg31",
        GaitParameters(0.020, 0.015, 0.0569, 0.031, 0.006, -0.054, 0.0433, 0.0, 0.081, 0.115, 0.496, 0.5),
        (0.347, 0.349),
        True,
        f"{UNSW}: SkellipticalWalk.cc, PG = 31 (own swing); 17.2 - 17.3 cm a step of 0.496 s",
    ),
    Published(
        "ff",
        GaitParameters(0.0343, 0.0096, 0.0271, 0.046, 0.0063, -0.0112, 0.0376, 0.0, 0.0744, 0.1195, 0.352, 0.534),
        (0.410, 0.410),
        True,
        f"{UNSW}: SkellipticalWalk.cc, fast forward (own swing); walkBase/data/1000/rawFFForward.dat",
    ),
)

KOHL_STONE = "Kohl & Stone, ICRA 2004: table of parameters as reported; speeds on the ERS-210A"
ERS210 = (
    Published(
        "start",
        GaitParameters(0.042, 0.028, 0.049, 0.056, 0.0, -0.028, 0.04893, 0.035, 0.077, 0.112, 0.704, 0.5),
        (0.0, 0.150),
        True,
        KOHL_STONE,
    ),
    Published(
        "best",
        GaitParameters(
            0.04081, 0.00574, 0.05152, 0.0602, 0.00217, -0.02982, 0.05285, 0.049, 0.07483, 0.10843, 0.679, 0.430
        ),
        (0.288, 0.294),
        True,
        KOHL_STONE,
    ),
)

PUBLISHED = {"aibo-ers7": ERS7, "aibo-ers210": ERS210}
"""Gaits by robot."""


def error(speed: float, real: tuple[float, float]) -> float:
    """Return how far a speed is from the middle of the measured ones, as a fraction; negative if slower.

    If only "less than" was published, what is below counts as right.
    """
    low, high = real
    if low == 0.0:
        return max(0.0, speed / high - 1)
    return 2 * speed / (low + high) - 1


def rms(errors: list[float]) -> float:
    """Return the root mean square of numbers, 0 if there are none."""
    return (sum(e * e for e in errors) / len(errors)) ** 0.5 if errors else 0.0
