"""What a simulated body is asked between two looks: which parts bear on the ground, and how much power its joints give.

One command of every two looks is measured, at all its physics steps: torques are higher just after a command than just
before the next, where a look sees them, by up to a third in the fastest gaits. Which command it is wanders by the
golden ratio, so that no gait's cycle keeps step with it and hides its moments in the air (H. Weyl, "Ueber die
Gleichverteilung von Zahlen mod. Eins", 1916: such places fill a period evenly).
"""

from __future__ import annotations

import numpy as np

from gaitopt.hal.body import Body, GroundContacts

GOLDEN = (5**0.5 - 1) / 2
SEEDS = 9973
"""So many seeds begin at different places; of much larger numbers the fraction would be lost."""


class BodyMeter:
    """Measures a body while it plays commands; see `gaitopt.hal.body.Meter`."""

    def __init__(self, body: Body, every: int, seed: int = 0) -> None:
        """Measure one of `every` commands; other seeds begin elsewhere, so that many walks together see all places."""
        self._body, self._every, self._commands = body, every, 0
        self._first = seed % SEEDS * GOLDEN
        self._contacts: list[GroundContacts] = []
        self._powers: list[float] = []

    def due(self) -> bool:
        """Return whether the next command is to be measured; to be called once for each."""
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
