"""A stand in PyBullet."""

from __future__ import annotations

from gaitopt.arrays import Array
from gaitopt.hal.sim.bench.stand import ALOFT, Stand, stand_urdf
from gaitopt.hal.sim.placing import TrunkPlacement
from gaitopt.hal.sim.pybullet_body import PyBulletBody
from gaitopt.hal.sim.pybullet_world import load_text, p
from gaitopt.scenario.spec import Conditions, ScenarioSpec


class PyBulletStand(Stand, PyBulletBody):
    """A robot on a stand: a URDF whose other joints are fixed, as is the base."""

    def load(self, torque: float) -> None:
        """Turn the joint by an outer torque [N m] during the next step."""
        joint = self._parts.joints[self.joint]
        p.setJointMotorControl2(self._body, joint, p.TORQUE_CONTROL, force=torque, physicsClientId=self._client)

    def _load(self, scenario: ScenarioSpec) -> int:
        text = stand_urdf(self.robot, self.robot.joint_names[self.joint])
        return load_text(text, self.robot, self._client, fixed=True)

    def _reset(self, conditions: Conditions) -> None:
        super()._reset(conditions)
        p.setGravity(0.0, 0.0, 0.0, physicsClientId=self._client)

    def _place(self, pose: Array, trunk: TrunkPlacement, at: tuple[float, float], heading: float) -> None:
        super()._place(pose, ALOFT, at, heading)
