"""The servo model that both engines follow, in closed form: a DC motor behind a PD controller.

The controller asks for a torque of damping * ((target - angle) / response - speed). The motor gives at most what its
torque-speed line allows: the stall torque at rest, nothing at the no-load speed, and linearly in between; a motor that
is turned backward gives more, as its back-EMF adds to the supply. Source: "MuJoCo DC Motor Model" (dcmotor.pdf in
MuJoCo's documentation), eq. 2. All quantities are seen at the joint, after the gears.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaitopt.arrays import Array
from gaitopt.robot.spec import RobotSpec


@dataclass(frozen=True, eq=False)
class ServoModel:
    """Servos of all joints of a robot."""

    stall_torque: Array
    """Torque at rest [N m], (joints,)."""
    no_load_speed: Array
    """Speed without load [rad/s], (joints,)."""
    response: float
    """Time in which 63 % of a small error is corrected, if nothing resists [s]."""
    damping: float
    """Torque per speed of the controller [N m s/rad]."""

    @property
    def back_emf(self) -> Array:
        """Torque lost per speed, the slope of the torque-speed line [N m s/rad], (joints,)."""
        return self.stall_torque / self.no_load_speed

    def torque(self, target: Array, angle: Array, speed: Array, strength: float = 1.0) -> Array:
        """Return the motors' torques [N m], (..., joints).

        Args:
            target: commanded angles [rad].
            angle: joint angles [rad].
            speed: joint speeds [rad/s].
            strength: supply voltage over the rated one, to which stall torque and no-load speed are proportional.
        """
        wanted = self.damping * ((target - angle) / self.response - speed)
        most, lost = strength * self.stall_torque, self.back_emf * speed
        return np.clip(wanted, -most - lost, most - lost)

    def power(self, torque: Array, speed: Array) -> Array:
        """Return the electrical power that the motors draw together [W], (..., joints) -> (...).

        For each it is the power at the shaft and that lost in the windings, torque^2 / back_emf. One that is driven
        gives to the others on the same supply, but together they do not charge the battery.
        """
        return np.maximum((torque * speed + torque**2 / self.back_emf).sum(axis=-1), 0.0)


def servo_model(robot: RobotSpec) -> ServoModel:
    """Return the servos of a robot."""
    servo = robot.servo
    stall = np.full(len(robot.joint_names), servo.stall_torque_nm)
    return ServoModel(stall, robot.joint_speeds, servo.response_s, servo.damping_nms)
