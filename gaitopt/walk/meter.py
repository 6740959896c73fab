"""Measurements of a simulated body between two readings: ground contacts and joint power.

One command in every two readings is measured, at all its physics steps: torques are higher just after a command than
just before the next, where a reading is taken, by up to a third in the fastest gaits. The place of the command moves by
the golden ratio, so that no gait's cycle stays in step with it and hides its flight (H. Weyl, "Ueber die
Gleichverteilung von Zahlen mod. Eins", 1916: such places fill a period evenly).
"""

from __future__ import annotations

import numpy as np

from gaitopt.hal.body import Body, GroundContacts

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
        self._powers: list[float] = []

    def due(self) -> bool:
        """Return whether the next command is to be measured; call it once per command."""
        block, place = divmod(self._commands, self._every)
        self._commands += 1
        return place == int(self._every * ((self._first + block * GOLDEN) % 1.0))

    def take(self) -> None:
        """Measure now."""
        self._contacts.append(self._body.ground_contacts())
        state = self._body.read()
        if state.joint_torques is not None and state.joint_speeds is not None:
            self._powers.append(sum(abs(t * s) for t, s in zip(state.joint_torques, state.joint_speeds, strict=True)))

    @property
    def power_w(self) -> float:
        """Mean of |torque x speed|, summed over the joints [W]; nan before anything was measured."""
        return float(np.mean(self._powers)) if self._powers else float("nan")

    @property
    def shares(self) -> tuple[float, float, float]:
        """Shares of the time in flight, on the belly and on the knees; nan before anything was measured."""
        if not self._contacts:
            return float("nan"), float("nan"), float("nan")
        paws, legs, trunk = np.array(self._contacts).T
        return float(np.mean(~(paws | legs | trunk))), float(trunk.mean()), float(legs.mean())
