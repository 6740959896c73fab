"""Measurements of a simulated body between two readings: ground contacts, and what the servos do.

One command in every two readings is measured, at all its physics steps: torques are higher just after a command than
just before the next, where a reading is taken, by up to a third in the fastest gaits. The place of the command moves by
the golden ratio, so that no gait's cycle stays in step with it and hides its flight (H. Weyl, "Ueber die
Gleichverteilung von Zahlen mod. Eins", 1916: such places fill a period evenly).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gaitopt.arrays import Array
from gaitopt.hal.body import Body, BodyState, GroundContacts
from gaitopt.hal.sim.servo import servo_model
from gaitopt.robot.spec import RobotSpec

GOLDEN = (5**0.5 - 1) / 2
SEEDS = 9973
"""Number of different places to begin at; with much larger seeds the fraction would lose its precision."""


class BodyMeter:
    """Measures a body while it plays commands; see `gaitopt.hal.body.Meter`."""

    def __init__(self, body: Body, every: int, seed: int = 0) -> None:
        """Measure one of `every` commands; seeds begin at different places, so that many walks cover them all."""
        self._body, self._every, self._commands = body, every, 0
        self._first = seed % SEEDS * GOLDEN
        self._contacts: list[GroundContacts] = []
        self._states: list[BodyState] = []

    def due(self) -> bool:
        """Return whether the next command is to be measured; call it once per command."""
        block, place = divmod(self._commands, self._every)
        self._commands += 1
        return place == int(self._every * ((self._first + block * GOLDEN) % 1.0))

    def take(self) -> None:
        """Measure now."""
        self._contacts.append(self._body.ground_contacts())
        self._states.append(self._body.read())

    @property
    def states(self) -> list[BodyState]:
        """States of the body at the moments measured."""
        return self._states

    @property
    def shares(self) -> tuple[float, float, float]:
        """Shares of the time in flight, on the belly and on the knees; nan before anything was measured."""
        if not self._contacts:
            return float("nan"), float("nan"), float("nan")
        paws, legs, trunk = np.array(self._contacts).T
        return float(np.mean(~(paws | legs | trunk))), float(trunk.mean()), float(legs.mean())


def powers(robot: RobotSpec, states: Sequence[BodyState]) -> tuple[Array, Array]:
    """Return the mechanical and the electrical power of the servos in each state [W], (n,) and (n,).

    The mechanical one is the sum of |torque x speed| over the joints; for the electrical one see `ServoModel.power`.
    Both are empty if the body does not measure torques and speeds.
    """
    measured = [(s.joint_torques, s.joint_speeds) for s in states if None not in (s.joint_torques, s.joint_speeds)]
    if not measured:
        return np.empty(0), np.empty(0)
    torques, speeds = np.moveaxis(np.array(measured), 1, 0)  # (n, joints) each
    return np.abs(torques * speeds).sum(axis=1), servo_model(robot).power(torques, speeds)
