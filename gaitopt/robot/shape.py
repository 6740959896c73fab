"""What the parts of a robot look like and weigh: primitive shapes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gaitopt.spec import Positive, Spec, Vector


class Shape(Spec):
    """One primitive of a link: seen, weighed and, unless `collide` is false, felt."""

    kind: Literal["box", "sphere", "cylinder"]
    """Which primitive."""
    color: str
    """A name from the robot's palette."""
    at_mm: Vector = (0.0, 0.0, 0.0)
    """Center of a box or sphere in the link's frame [mm]."""
    size_mm: Vector | None = None
    """Edges of a box [mm]."""
    radius_mm: Positive | None = None
    """Radius of a sphere or cylinder [mm]."""
    from_mm: Vector | None = None
    """Where the axis of a cylinder starts, in the link's frame [mm]."""
    to_mm: Vector | None = None
    """Where the axis of a cylinder ends [mm]."""
    collide: Annotated[bool, Field(strict=True)] = True
    """Whether the shape can touch the ground."""

    @model_validator(mode="after")
    def _complete(self) -> Shape:
        needs = {"box": ("size_mm",), "sphere": ("radius_mm",), "cylinder": ("radius_mm", "from_mm", "to_mm")}
        for key in needs[self.kind]:
            if getattr(self, key) is None:
                raise ValueError(f"a {self.kind} needs {key}")
        if self.kind == "cylinder" and self.from_mm == self.to_mm:
            raise ValueError("a cylinder needs from_mm and to_mm apart")
        return self


class Link(Spec):
    """One rigid part: its mass is spread evenly over its shapes."""

    mass_kg: Positive
    """Mass [kg]."""
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1)]
    """What it is made of."""
