"""Settings of a physics engine."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gaitopt.files import Positive, Spec


class EngineSpec(Spec):
    """How the physics are computed."""

    name: Literal["pybullet"] = "pybullet"
    """Which engine."""
    time_step_s: Annotated[Positive, Field(le=0.01)] = 0.002
    """Time step [s]; a whole number of them must make a command period."""
    solver_iterations: Annotated[int, Field(ge=1, le=1000)] = 30
    """Iterations of the contact solver in one step."""
