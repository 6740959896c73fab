"""Primitive shapes: the look, mass and collisions of the parts of a robot."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gaitopt.spec import Positive, Spec, Vector


class Shape(Spec):
    """One primitive of a link: it is drawn, has mass and, unless `collide` is false, collides."""

    kind: Literal["box", "sphere", "cylinder"]
    """Kind of primitive."""
    color: str
    """Color, a name from the robot's palette."""
    at_mm: Vector = (0.0, 0.0, 0.0)
    """Center of a box or sphere in the link's frame [mm]."""
    size_mm: Vector | None = None
    """Edges of a box [mm]."""
    radius_mm: Positive | None = None
    """Radius of a sphere or cylinder [mm]."""
    from_mm: Vector | None = None
    """Start of the axis of a cylinder, in the link's frame [mm]."""
    to_mm: Vector | None = None
    """End of the axis of a cylinder [mm]."""
    collide: Annotated[bool, Field(strict=True)] = True
    """Whether the shape collides with the ground."""

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
    """Rigid part, with its mass spread evenly over its shapes."""

    mass_kg: Positive
    """Mass [kg]."""
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1)]
    """Shapes that it consists of."""
