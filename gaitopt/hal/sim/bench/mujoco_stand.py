"""A stand in MuJoCo."""

from __future__ import annotations

import numpy as np

from gaitopt.arrays import Array
from gaitopt.hal.sim.bench.stand import ALOFT, Stand
from gaitopt.hal.sim.mujoco_body import MuJoCoBody
from gaitopt.hal.sim.mujoco_model import mujoco
from gaitopt.hal.sim.placing import TrunkPlacement
from gaitopt.scenario.spec import Conditions, ScenarioSpec

IMMOVABLE = 1e9
"""Inertia of what is locked [kg, kg m^2]."""


class MuJoCoStand(Stand, MuJoCoBody):
    """A robot on a stand: trunk and other joints are too inert to move."""

    def load(self, torque: float) -> None:
        """Turn the joint by an outer torque [N m] during the next step."""
        self._data.qfrc_applied[self._speeds[self.joint]] = torque

    def _build(self, scenario: ScenarioSpec) -> None:
        super()._build(scenario)
        model, dof = self._model, self._speeds[self.joint]
        model.dof_armature[np.arange(model.nv) != dof] = IMMOVABLE
        model.jnt_limited[model.dof_jntid[dof]] = 0
        mujoco.mj_setConst(model, self._data)

    def _reset(self, conditions: Conditions) -> None:
        super()._reset(conditions)
        self._model.opt.gravity[:] = 0.0

    def _place(self, pose: Array, trunk: TrunkPlacement, at: tuple[float, float], heading: float) -> None:
        super()._place(pose, ALOFT, at, heading)
