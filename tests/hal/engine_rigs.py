"""What tests ask of a physics engine below a body: the same questions, answered by PyBullet and by MuJoCo.

Everything is read from the engine itself, not from the body.
"""

from typing import NamedTuple

import numpy as np

from gaitopt.hal.engine import engine_of
from gaitopt.hal.sim.mujoco_body import MuJoCoBody
from gaitopt.hal.sim.mujoco_model import mujoco
from gaitopt.hal.sim.pybullet_body import PyBulletBody
from gaitopt.hal.sim.pybullet_world import p
from gaitopt.scenario.spec import Conditions


def conditions(**changes):
    """Return conditions without noise."""
    calm = {"friction": 0.6, "servo_strength": 1.0, "start_side": 0.0, "start_heading": 0.0}
    return Conditions(**calm | changes)


def settings(robot, engine, finer=1):
    """Return the robot's usual settings of an engine, or some with a time step that is `finer` times as short."""
    usual = engine_of(robot, engine.name)
    if finer == 1:
        return usual
    return usual.changed(time_step_s=usual.time_step_s / finer, solver_iterations=100)


class Contact(NamedTuple):
    """A point where the robot touches the ground."""

    normal: np.ndarray  # force on the robot across the surface [N], (3,)
    friction: np.ndarray  # force on the robot along the surface [N], (3,)
    slip: np.ndarray  # velocity of the robot's point [m/s], (3,)
    slides: bool  # whether more friction would brake it more


SLIDING = 0.3
"""Slip above which a point slides [m/s]."""


LEVEL, ON_ITS_BACK = (0.0, 0.0, 0.0, 1.0), (1.0, 0.0, 0.0, 0.0)
"""Orientations, x, y, z, w."""


class PyBullet:
    """Questions to PyBullet."""

    name, kind = "pybullet", PyBulletBody

    @staticmethod
    def fly(body, at=(0.0, 0.0, 2.0), turned=LEVEL):
        """Put the trunk's center of mass somewhere, the whole robot at rest."""
        p.resetBasePositionAndOrientation(body._body, at, turned, physicsClientId=body._client)
        PyBullet.launch(body, (0.0, 0.0, 0.0))

    @staticmethod
    def launch(body, velocity, turning=(0.0, 0.0, 0.0)):
        """Give the whole robot a velocity [m/s] and let the trunk turn [rad/s]."""
        p.resetBaseVelocity(body._body, list(velocity), list(turning), physicsClientId=body._client)
        for joint in body._parts.joints:
            angle = p.getJointState(body._body, joint, physicsClientId=body._client)[0]
            p.resetJointState(body._body, joint, angle, 0.0, physicsClientId=body._client)

    @staticmethod
    def momentum(body):
        """Return the momentum of the whole robot [kg m/s], (3,)."""
        total = p.getDynamicsInfo(body._body, -1, body._client)[0] * np.array(
            p.getBaseVelocity(body._body, body._client)[0]
        )
        for link in range(p.getNumJoints(body._body, physicsClientId=body._client)):
            state = p.getLinkState(body._body, link, computeLinkVelocity=1, physicsClientId=body._client)
            total = total + p.getDynamicsInfo(body._body, link, body._client)[0] * np.array(state[6])
        return total

    @staticmethod
    def contacts(body):
        """Return the contacts with the ground in the last step."""
        points = p.getContactPoints(body._body, body._ground, physicsClientId=body._client)
        return [PyBullet._contact(body, point) for point in points]

    @staticmethod
    def _contact(body, point):
        friction = point[10] * np.array(point[11]) + point[12] * np.array(point[13])
        slip = PyBullet._velocity(body, point[3], point[5])
        return Contact(point[9] * np.array(point[7]), friction, slip, np.linalg.norm(slip) > SLIDING)

    @staticmethod
    def _velocity(body, link, at):
        if link < 0:
            center, _ = p.getBasePositionAndOrientation(body._body, body._client)
            speed, turning = p.getBaseVelocity(body._body, body._client)
        else:
            state = p.getLinkState(body._body, link, computeLinkVelocity=1, physicsClientId=body._client)
            center, speed, turning = state[0], state[6], state[7]
        return np.add(speed, np.cross(turning, np.subtract(at, center)))

    @staticmethod
    def touched(body):
        """Return whether the robot touches the ground, and whether it touches anything else."""
        others = {point[2] for point in p.getContactPoints(body._body, physicsClientId=body._client)}
        return body._ground in others, bool(others - {body._ground})

    @staticmethod
    def heights(body, x, y):
        """Return the heights of the ground at places [m], by rays from above."""
        ends = [np.column_stack([x, y, np.full_like(x, z)]).tolist() for z in (1.0, -1.0)]
        return np.array([hit[3][2] for hit in p.rayTestBatch(*ends, physicsClientId=body._client)])

    @staticmethod
    def angles(body):
        """Return the joints' angles by name [rad]."""
        infos = [p.getJointInfo(body._body, i, body._client) for i in range(p.getNumJoints(body._body, body._client))]
        return {info[1].decode(): p.getJointState(body._body, info[0], body._client)[0] for info in infos}

    @staticmethod
    def step(body, steps):
        """Let physics pass, whatever the body thinks of it."""
        for _ in range(steps):
            p.stepSimulation(body._client)

    @staticmethod
    def break_state(body):
        """Put a nan into the state."""
        p.resetBaseVelocity(body._body, [float("nan")] * 3, physicsClientId=body._client)

    @staticmethod
    def is_open(body):
        """Return whether the body holds anything of the engine."""
        return body._client >= 0 and bool(p.isConnected(body._client))


class MuJoCo:
    """Questions to MuJoCo."""

    name, kind = "mujoco", MuJoCoBody

    @staticmethod
    def fly(body, at=(0.0, 0.0, 2.0), turned=LEVEL):
        """Put the trunk somewhere, the whole robot at rest."""
        body._data.qpos[:7] = [*at, turned[3], *turned[:3]]
        MuJoCo.launch(body, (0.0, 0.0, 0.0))

    @staticmethod
    def launch(body, velocity, turning=(0.0, 0.0, 0.0)):
        """Give the whole robot a velocity [m/s] and let the trunk turn [rad/s]."""
        body._data.qvel[:] = 0.0
        body._data.qvel[:6] = [*velocity, *turning]  # of a level trunk

    @staticmethod
    def momentum(body):
        """Return the momentum of the whole robot [kg m/s], (3,)."""
        mujoco.mj_forward(body._model, body._data)
        mujoco.mj_subtreeVel(body._model, body._data)
        return body._data.subtree_linvel[0] * body._model.body_subtreemass[0]

    @staticmethod
    def contacts(body):
        """Return the contacts with the ground now, which the next step will have."""
        mujoco.mj_forward(body._model, body._data)
        return [MuJoCo._contact(body, i) for i in range(body._data.ncon)]

    @staticmethod
    def _contact(body, i):
        model, data, force, jacobian = body._model, body._data, np.empty(6), np.empty((3, body._model.nv))
        mujoco.mj_contactForce(model, data, i, force)
        contact = data.contact[i]
        sign = 1.0 if contact.geom[0] == body._ground else -1.0  # forces act on the second geom
        link = model.geom_bodyid[contact.geom[1] if sign > 0 else contact.geom[0]]
        mujoco.mj_jac(model, data, jacobian, None, contact.pos, link)
        across, *along = sign * contact.frame.reshape(3, 3)
        slip = jacobian @ data.qvel
        slides = np.linalg.norm(slip) > SLIDING and not MuJoCo._stops(body, contact, force)
        return Contact(force[0] * across, force[1:3] @ along, slip, slides)

    @staticmethod
    def _stops(body, contact, force):
        """Return whether a contact's slip is braked as fast as MuJoCo brakes any, however much friction there is.

        It stops within half the time constant of the ground, 8 ms; a paw with little mass behind it may do so.
        """
        data, acceleration = body._data, np.empty(body._data.nefc)
        mujoco.mj_mulJacVec(body._model, data, acceleration, data.qacc)
        rows = slice(contact.efc_address + 1, contact.efc_address + 3)
        missed = np.linalg.norm((data.efc_aref - acceleration)[rows])
        return missed < 1.01 * data.efc_R[rows.start] * np.linalg.norm(force[1:3])

    @staticmethod
    def touched(body):
        """Return whether the robot touches the ground, and whether it touches anything else."""
        pairs = [set(pair) for pair in body._data.contact.geom.tolist()]
        return bool(pairs), any(body._ground not in pair for pair in pairs)

    @staticmethod
    def heights(body, x, y):
        """Return the heights of the ground at places [m], by rays from above."""
        mujoco.mj_forward(body._model, body._data)
        down, hit = np.array([0.0, 0.0, -1.0]), np.empty(1, dtype=np.int32)
        ways = [
            mujoco.mj_ray(body._model, body._data, np.array([*place, 1.0]), down, None, 1, -1, hit, None)
            for place in zip(x, y, strict=True)
        ]
        return 1.0 - np.array(ways)

    @staticmethod
    def angles(body):
        """Return the joints' angles by name [rad]."""
        return {name: body._data.joint(name).qpos[0] for name in body.robot.joint_names}

    @staticmethod
    def step(body, steps):
        """Let physics pass, whatever the body thinks of it."""
        mujoco.mj_step(body._model, body._data, steps)

    @staticmethod
    def break_state(body):
        """Put a nan into the state."""
        body._data.qvel[0] = float("nan")

    @staticmethod
    def is_open(body):
        """Return whether the body holds anything of the engine."""
        return body._data is not None


def load(engine, body):
    """Return the force on level ground [N]."""
    return sum(contact.normal[2] for contact in engine.contacts(body))


ENGINES = {engine.name: engine for engine in (PyBullet, MuJoCo)}
