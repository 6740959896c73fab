"""A robot in MuJoCo.

The model is built once for a scenario; every traversal starts from `mj_resetData`, which leaves nothing of an earlier
one. After a step only positions, speeds and the time are new; forces and contacts are those of the step's start.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gaitopt.arrays import Array
from gaitopt.hal.body import BodyState, Camera, GroundContacts, Lifecycle
from gaitopt.hal.engine import EngineSpec, engine_of
from gaitopt.hal.sim.mujoco_model import GROUND, SUPPLY, build_model, mujoco
from gaitopt.hal.sim.mujoco_pictures import Pictures
from gaitopt.hal.sim.placing import TrunkPlacement
from gaitopt.hal.sim.simulated_body import DROP, GRAVITY, SimulatedBody
from gaitopt.robot.spec import RobotSpec
from gaitopt.robot.urdf import PAYLOAD_LINK, PAYLOAD_SIZE
from gaitopt.scenario.spec import Conditions, ScenarioSpec

NO_ACTUATION = int(mujoco.mjtDisableBit.mjDSBL_ACTUATION)
BAD = [
    int(kind)
    for kind in (
        mujoco.mjtWarning.mjWARN_BADQPOS,
        mujoco.mjtWarning.mjWARN_BADQVEL,
        mujoco.mjtWarning.mjWARN_BADQACC,
    )
]
"""Warnings after which a state means nothing."""
NO_SHARE = 1e-12
"""Share of a servo that acts when it is limp; above 0, as the motor's resistance is divided by it."""
VOLTAGE, RESISTANCE = 7, 0
"""Places of the largest voltage and the resistance among an actuator's gain parameters."""


class MuJoCoBody(SimulatedBody):
    """A simulated robot on its field."""

    def __init__(
        self, robot: RobotSpec, engine: EngineSpec | None = None, window: bool = False, camera: bool = False
    ) -> None:
        """Describe the body; see `SimulatedBody`. Without `engine`, the settings are those that suit the robot."""
        super().__init__(robot, engine or engine_of(robot, "mujoco"), window, camera)
        self._pictures: Pictures | None = None
        self._data: Any = None  # without a world

    def read(self) -> BodyState:
        """Return position and orientation, and the joints' angles, speeds and torques."""
        self._require_world("read")
        data = self._data
        x, y, z, w, *axis = data.qpos[:7].tolist()
        torques = data.actuator_force.tolist()
        if self.lifecycle is not Lifecycle.ACTIVE:
            torques = [0.0] * len(torques)
        angles, speeds = data.qpos[self._angles].tolist(), data.qvel[self._speeds].tolist()
        return BodyState(self._time, (x, y, z), (*axis, w), tuple(angles), tuple(speeds), tuple(torques))

    def show(self, state: BodyState) -> None:
        """Show another body's state in the window, without physics."""
        self._require_world("show")
        assert state.position is not None  # a simulated body's state
        assert state.orientation is not None
        *axis, w = state.orientation
        self._data.qpos[:7] = [*state.position, w, *axis]
        self._data.qpos[self._angles] = state.joint_angles
        self._follow()

    def ground_contacts(self) -> GroundContacts:
        """Return which parts press on the ground."""
        self._require_world("ground_contacts")
        data = self._data
        if data.nefc == 0:
            return GroundContacts(False, False, False)
        rows = data.contact.efc_address
        geoms = data.contact.geom[(rows >= 0) & (data.efc_force[rows] > 0.0)]
        touching = self._part[geoms[geoms != self._ground]]
        return GroundContacts(*((touching == part).any().item() for part in ("paw", "leg", "trunk")))

    def render(self, camera: Camera) -> NDArray[np.uint8]:
        """Return a picture, (height, width, 3)."""
        self._require_world("render")
        return self._drawn().take(self._data.qpos, camera)

    def _open(self) -> None:
        self._pictures = None

    def _build(self, scenario: ScenarioSpec) -> None:
        self._release()
        self._model = build_model(self.robot, scenario, self.engine)
        self._data = mujoco.MjData(self._model)
        names = self.robot.joint_names
        self._angles = np.array([self._model.joint(name).qposadr[0] for name in names])
        self._speeds = np.array([self._model.joint(name).dofadr[0] for name in names])
        self._trunk = self._model.body("trunk").id
        self._ground = self._model.geom(GROUND).id
        self._part = np.array([_part(self._model.body(int(body)).name) for body in self._model.geom_bodyid])
        self._resistance = self._model.actuator_gainprm[:, RESISTANCE].copy()

    def _reset(self, conditions: Conditions) -> None:
        model = self._model
        model.geom(GROUND).friction[0] = conditions.friction
        # A slope is a level field with tilted gravity.
        model.opt.gravity[:] = -GRAVITY * math.sin(conditions.slope), 0.0, -GRAVITY * math.cos(conditions.slope)
        assert self._scenario is not None
        if self._scenario.payload is not None:
            load = model.body(PAYLOAD_LINK)
            load.mass[0], load.inertia[:] = conditions.payload, conditions.payload / 6 * PAYLOAD_SIZE**2
            mujoco.mj_setConst(model, self._data)
        mujoco.mj_resetData(model, self._data)

    def _place(self, pose: Array, trunk: TrunkPlacement, at: tuple[float, float], heading: float) -> None:
        turned = np.empty(4)
        mujoco.mju_euler2Quat(turned, [trunk.roll, trunk.pitch, heading], "XYZ")
        self._data.qpos[:7] = [*at, trunk.height + DROP, *turned]
        self._data.qpos[self._angles] = pose
        self._model.opt.disableflags &= ~NO_ACTUATION

    def _power(self, strength: float, shares: Array) -> None:
        gains = self._model.actuator_gainprm
        gains[:, VOLTAGE] = SUPPLY * strength
        gains[:, RESISTANCE] = self._resistance / np.maximum(shares, NO_SHARE)

    def _aim(self, row: list[float]) -> None:
        self._data.ctrl[:] = row

    def _push(self, forces: list[tuple[float, float]]) -> None:
        self._data.xfrc_applied[self._trunk, :2] = np.sum(forces, axis=0) if forces else 0.0

    def _step(self, steps: int) -> None:
        mujoco.mj_step(self._model, self._data, steps)
        if self._data.warning.number[BAD].any():
            raise self._unstable()

    def _limp(self) -> None:
        self._model.opt.disableflags |= NO_ACTUATION

    def _follow(self) -> None:
        self._drawn().show(self._data.qpos)

    def _drawn(self) -> Pictures:
        if self._pictures is None:
            assert self._scenario is not None
            self._pictures = Pictures(build_model(self.robot, self._scenario, self.engine, pictures=True))
        return self._pictures

    def _release(self) -> None:
        if self._pictures is not None:
            self._pictures.close()
        self._pictures = self._data = None


def _part(body: str) -> str:
    """Return which part of the robot a body belongs to."""
    if body.endswith("_paw_link"):
        return "paw"
    return "leg" if body.endswith(("_upper_link", "_lower_link")) else "trunk"
