"""A body that follows a script instead of physics: what a traversal makes of it can be worked out by hand."""

import math

import numpy as np

from gaitopt.hal.body import Body, BodyState, Capabilities, GroundContacts, Lifecycle
from gaitopt.scenario.spec import Conditions

UPRIGHT = (0.0, 0.0, 0.0, 1.0)
ON_PAWS = GroundContacts(paws=True, legs=False, trunk=False)
PERIOD = 0.008
LOOK = 4
"""Commands between two readings: 32 ms."""


def rolled(angle):
    """Return the quaternion of a roll [rad]."""
    return (math.sin(angle / 2), 0.0, 0.0, math.cos(angle / 2))


def pitched(angle):
    """Return the quaternion of a pitch [rad]."""
    return (0.0, math.sin(angle / 2), 0.0, math.cos(angle / 2))


def steady(speed, run_up=0.15, sideways=0.0):
    """Return the places of a body at constant speed from behind the start line."""
    return lambda t: (-run_up + speed * t, sideways * t, 0.12)


class ScriptedBody(Body):
    """Is where `place(t)` says, turned as `orientation(t)` says, and touches the ground as `contacts(t)` says."""

    def __init__(
        self,
        robot,
        place,
        orientation=lambda t: UPRIGHT,
        contacts=lambda t: ON_PAWS,
        torque=0.5,
        speed=2.0,
        feels=True,
        sees=True,
        fails_at=math.inf,
    ):
        super().__init__(robot)
        self.capabilities = Capabilities(True, sees, torque is not None, feels, False)
        self._place, self._orientation, self._contacts = place, orientation, contacts
        self._torque, self._speed, self._sees, self._fails_at = torque, speed, sees, fails_at
        self.prepared: list[Conditions] = []
        self.sent: list[np.ndarray] = []
        self.calls: list[str] = []
        self._steps = 0

    @property
    def now(self):
        return self._steps * PERIOD

    def configure(self):
        self._require(Lifecycle.DISCONNECTED, call="configure")
        self.lifecycle = Lifecycle.INACTIVE

    def prepare(self, scenario, conditions):
        self._require(Lifecycle.INACTIVE, call="prepare")
        self.calls.append("prepare")
        self.prepared.append(conditions)

    def activate(self, pose, duration):
        self._require(Lifecycle.INACTIVE, call="activate")
        self.calls.append("activate")
        self.start_pose, self._steps = pose, 0
        self.lifecycle = Lifecycle.ACTIVE

    def read(self):
        if self.now >= self._fails_at:
            raise RuntimeError("the cable is out")
        place, turned = (self._place(self.now), self._orientation(self.now)) if self._sees else (None, None)
        if self._torque is None:
            return BodyState(self.now, place, turned, None, None, None)
        joints = len(self.robot.joint_names)
        return BodyState(self.now, place, turned, (0.0,) * joints, (self._speed,) * joints, (-self._torque,) * joints)

    def play(self, angles, period):
        sent = []
        for row in angles:
            due = self.meter is not None and self.meter.due()
            sent.append(self.command(row))
            self.advance(period)
            if due:
                self.meter.take()
        return np.array(sent)

    def command(self, angles):
        self._require(Lifecycle.ACTIVE, call="command")
        self.calls.append("command")
        self.sent.append(np.array(angles))
        return angles

    def advance(self, duration):
        assert duration == PERIOD
        self.calls.append("advance")
        self._steps += 1

    def deactivate(self):
        self.calls.append("deactivate")
        if self.lifecycle is Lifecycle.ACTIVE:
            self.lifecycle = Lifecycle.INACTIVE

    def estop(self):
        self.lifecycle = Lifecycle.ESTOP

    def close(self):
        self.lifecycle = Lifecycle.DISCONNECTED

    def ground_contacts(self):
        return self._contacts(self.now)


class CountingController:
    """A controller whose angles are all the number of the command."""

    start_pose = np.full(12, 0.25)
    unreachable = 0.125
    saturated = 0.375

    def drive(self, body, first, count, state):
        body.play(np.repeat(np.arange(first, first + count, dtype=float)[:, None], 12, axis=1), PERIOD)
