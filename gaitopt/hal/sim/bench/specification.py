"""The servo model of one joint, integrated exactly: what an engine is held against.

    inertia * acceleration = motor's torque + load - dry friction

The motor's torque is that of `gaitopt.hal.sim.servo`. Between two commands the target is constant, so that the equation
is solved piece by piece; within a piece, dry friction changes only where the joint stops.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gaitopt.arrays import Array
from gaitopt.hal.sim.bench.stand import link_inertia
from gaitopt.hal.sim.servo import ServoModel, servo_model
from gaitopt.robot.spec import RobotSpec

PRECISE = {"method": "DOP853", "rtol": 1e-9, "atol": 1e-11}
"""Settings of the integration, whose error is then a millionth of what engines differ by."""
SAME = 1e-9
"""Difference below which two times are the same [s]."""


@dataclass(frozen=True, eq=False)
class Trial:
    """What one joint is told to do, from rest."""

    targets: Array
    """Commanded angles, from where it stands [rad], (k,): one every command period of the robot."""
    load: float = 0.0
    """Constant outer torque [N m]."""
    strength: float = 1.0
    """Supply voltage over the rated one."""
    share: float = 1.0
    """Share of the servo that acts; 0 leaves it limp."""


@dataclass(frozen=True, eq=False)
class Trace:
    """What the joint did."""

    times: Array
    """Times from the first command on [s], (n,)."""
    target: Array
    """Angle commanded last [rad], (n,)."""
    angle: Array
    """Angle, from where it stood [rad], (n,)."""
    speed: Array
    """Speed [rad/s], (n,)."""
    torque: Array
    """Torque of the motor [N m], (n,)."""


@dataclass(frozen=True)
class JointModel:
    """One joint on a stand, as specified."""

    servo: ServoModel
    """Its servo, (1,)."""
    inertia: float
    """Inertia of all that it moves, rotor included, about its axis [kg m^2]."""
    friction: float
    """Dry friction [N m]."""
    delay: float
    """Time from a command to the moment when the servo acts on it [s]."""
    period: float
    """Time between two commands [s]."""

    def torque(self, trial: Trial, target: float, angle: float, speed: float) -> float:
        """Return the motor's torque [N m]; of a servo that acts in part, that share of what its line allows."""
        servo = self.servo
        most = ServoModel(servo.stall_torque * trial.share, servo.no_load_speed, servo.response, servo.damping)
        at = np.array([[target], [angle], [speed]])
        return float(most.torque(at[0], at[1], at[2], trial.strength)[0])

    def run(self, trial: Trial, times: Array) -> Trace:
        """Return the trial as specified, at `times` [s], (n,), increasing, all above 0."""
        edges = np.concatenate([[0.0], self.delay + self.period * np.arange(len(trial.targets)), [np.inf]])
        goals = np.concatenate([[0.0], trial.targets])
        state, states = (0.0, 0.0), []
        for goal, start, end in zip(goals, edges[:-1], np.minimum(edges[1:], times[-1]), strict=True):
            if start < end:
                here = times[(times > start + SAME) & (times <= end + SAME)]
                ends = here[here < end - SAME]
                passed = self._piece(trial, float(goal), state, np.append(ends, end) - start)
                states += passed[: len(here)]
                state = passed[-1]
        angle, speed = np.array(states).T
        sent = np.clip((times - SAME) // self.period, 0, len(trial.targets) - 1).astype(int)
        acts = goals[np.searchsorted(edges[1:-1], times - SAME, side="right")]
        torque = np.array([self.torque(trial, *at) for at in zip(acts, angle, speed, strict=True)])
        return Trace(times, trial.targets[sent], angle, speed, torque)

    def _piece(self, trial: Trial, goal: float, state: tuple[float, float], times: Array) -> list[tuple[float, float]]:
        """Return angle and speed at `times` after the start of a piece, whose target is constant."""
        from scipy.integrate import solve_ivp  # slow to import

        passed: list[tuple[float, float]] = []
        begun = 0.0
        while len(passed) < len(times):
            left = times[len(passed) :]
            push = self.torque(trial, goal, *state) + trial.load
            if state[1] == 0.0 and abs(push) <= self.friction:
                return passed + [state] * len(left)
            sense = math.copysign(1.0, state[1] or push) if self.friction else 0.0

            def change(_: float, y: Array, sense: float = sense) -> list[float]:
                motor = self.torque(trial, goal, y[0], y[1])
                return [y[1], (motor + trial.load - sense * self.friction) / self.inertia]

            def stops(_: float, y: Array, sense: float = sense) -> float:
                return sense * float(y[1])

            stops.terminal, stops.direction = True, -1.0  # type: ignore[attr-defined]
            how = {"events": stops, "max_step": 2e-3} if sense else {}
            done = solve_ivp(change, (begun, times[-1]), state, t_eval=left, **how, **PRECISE)
            passed += [(float(angle), float(speed)) for angle, speed in np.reshape(done.y, (2, -1)).T]
            if done.status == 1:
                begun, state = float(done.t_events[0][0]), (float(done.y_events[0][0][0]), 0.0)
        return passed


def joint_model(robot: RobotSpec, joint: str) -> JointModel:
    """Return one joint of a robot on a stand, as specified."""
    every, at = servo_model(robot), robot.joint_names.index(joint)
    one = ServoModel(every.stall_torque[[at]], every.no_load_speed[[at]], every.response, every.damping)
    inertia = link_inertia(robot, joint) + robot.servo.armature_kgm2
    servo = robot.servo
    return JointModel(one, inertia, servo.friction_nm, servo.delay_s, servo.command_period_s)
