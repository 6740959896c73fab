"""A robot in PyBullet.

Every call names its own physics client. The world is built once for a scenario and its state saved; every traversal
starts from that state, so that nothing of an earlier one remains (bullet3 issue 2442 shows what goes wrong when only
joints and base are reset).

Servos: Bullet's joint motor with the stall torque as its limit, and joint damping that takes away what the back-EMF
takes, so that the torque-speed line of `gaitopt.hal.sim.servo` holds; the motor itself reaches the speed that the
controller asks for at once.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gaitopt.arrays import Array
from gaitopt.errors import BodyError
from gaitopt.hal.body import BodyState, Camera, GroundContacts, Lifecycle
from gaitopt.hal.engine import EngineSpec, engine_of
from gaitopt.hal.sim.native_output import silenced
from gaitopt.hal.sim.placing import TrunkPlacement
from gaitopt.hal.sim.pybullet_client import clear, connect, disconnect
from gaitopt.hal.sim.pybullet_parts import find_parts
from gaitopt.hal.sim.pybullet_world import add_ground, load_robot, make_soft, p, set_payload, take_picture
from gaitopt.hal.sim.simulated_body import DROP, GRAVITY, SimulatedBody
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import Conditions, ScenarioSpec

ALOFT = (0.0, 0.0, 10.0)
"""A position out of reach of everything [m]."""


class PyBulletBody(SimulatedBody):
    """A simulated robot on its field."""

    def __init__(
        self, robot: RobotSpec, engine: EngineSpec | None = None, window: bool = False, camera: bool = False
    ) -> None:
        """Describe the body; see `SimulatedBody`. Without `engine`, the settings are those that suit the robot.

        With `camera`, pictures are drawn by EGL where this machine has it.
        """
        super().__init__(robot, engine or engine_of(robot, "pybullet"), window, camera)
        self._client = -1
        self._renderer = p.ER_TINY_RENDERER

    def read(self) -> BodyState:
        """Return position and orientation, and the joints' angles, speeds and torques."""
        self._require_world("read")
        com, turned = p.getBasePositionAndOrientation(self._body, self._client)
        position, orientation = p.multiplyTransforms(com, turned, *self._parts.origin_in_inertial)
        angles, speeds, _, motor = zip(*p.getJointStates(self._body, self._parts.joints, self._client), strict=True)
        torques = (0.0,) * len(motor)
        if self.lifecycle is Lifecycle.ACTIVE:
            each = zip(motor, self._torques, self._damping, speeds, strict=True)
            # Of a limp servo, Bullet returns the last torque it had.
            torques = tuple(m - b * w if most else 0.0 for m, most, b, w in each)
        return BodyState(self._time, position, orientation, angles, speeds, torques)

    def show(self, state: BodyState) -> None:
        """Show another body's state in the window, without physics."""
        self._require_world("show")
        assert state.position is not None  # a simulated body's state
        assert state.joint_angles is not None
        try:
            place = p.multiplyTransforms(state.position, state.orientation, *self._parts.inertial_in_origin)
            p.resetBasePositionAndOrientation(self._body, *place, physicsClientId=self._client)
            for joint, angle in zip(self._parts.joints, state.joint_angles, strict=True):
                p.resetJointState(self._body, joint, angle, physicsClientId=self._client)
            self._follow()
        except p.error as error:  # the user closed the window
            raise BodyError(f"the window was closed ({error})") from error

    def ground_contacts(self) -> GroundContacts:
        """Return which parts press on the ground."""
        self._require_world("ground_contacts")
        points = p.getContactPoints(self._body, self._ground, physicsClientId=self._client)
        links = {point[3] for point in points if point[9] > 0.0}  # link of the robot, normal force
        return GroundContacts(
            paws=not links.isdisjoint(self._parts.paws),
            legs=not links.isdisjoint(self._parts.legs),
            trunk=not links.isdisjoint(self._parts.trunk),
        )

    def render(self, camera: Camera) -> NDArray[np.uint8]:
        """Return a picture, (height, width, 3): drawn by EGL, or slowly by the processor."""
        self._require_world("render")
        return take_picture(camera, self._renderer, self._client)

    def _open(self) -> None:
        self._client, self._renderer = connect(self._window, self._camera)

    def _build(self, scenario: ScenarioSpec) -> None:
        with silenced():
            clear(self.engine, self._window, self._client)
            self._ground = add_ground(scenario, self._camera or self._window, self._client)
            self._body = self._load(scenario)
            self._parts = find_parts(self.robot, self._body, self._client)
            make_soft(self._body, self._client)
            make_soft(self._ground, self._client)
            self._fresh = p.saveState(physicsClientId=self._client)
            if self._renderer != p.ER_TINY_RENDERER:
                for _ in range(2):  # EGL prints about itself at its first two pictures
                    take_picture(Camera(target=(0.0, 0.0, 0.0)), self._renderer, self._client)

    def _load(self, scenario: ScenarioSpec) -> int:
        """Load the robot and return its id."""
        return load_robot(self.robot, scenario, self._client)

    def _reset(self, conditions: Conditions) -> None:
        self._forget_contacts()
        p.restoreState(self._fresh, physicsClientId=self._client)
        p.changeDynamics(self._ground, -1, lateralFriction=conditions.friction, physicsClientId=self._client)
        # A slope is a level field with tilted gravity.
        down = -GRAVITY * math.sin(conditions.slope), 0.0, -GRAVITY * math.cos(conditions.slope)
        p.setGravity(*down, physicsClientId=self._client)
        if self._parts.payload is not None:
            set_payload(self._body, self._parts.payload, conditions.payload, self._client)

    def _forget_contacts(self) -> None:
        """Lift the robot off the ground: contacts that exist when a state is restored stay, with their forces.

        They would act on the next walk if the last one ended near its start.
        """
        p.resetBasePositionAndOrientation(self._body, ALOFT, (0.0, 0.0, 0.0, 1.0), physicsClientId=self._client)
        p.performCollisionDetection(self._client)

    def _place(self, pose: Array, trunk: TrunkPlacement, at: tuple[float, float], heading: float) -> None:
        orientation = p.getQuaternionFromEuler([trunk.roll, trunk.pitch, heading])
        start = [*at, trunk.height + DROP]
        place = p.multiplyTransforms(start, orientation, *self._parts.inertial_in_origin)
        p.resetBasePositionAndOrientation(self._body, *place, physicsClientId=self._client)
        for joint, angle in zip(self._parts.joints, pose, strict=True):
            p.resetJointState(self._body, joint, angle, 0.0, physicsClientId=self._client)
        # The motor makes this share of the error in a step: an error decays with the servo's response at any time step.
        gain = -math.expm1(-self.engine.time_step_s / self._servos.response)
        self._gains = [gain] * len(self._parts.joints)
        self._aimed = pose.tolist()

    def _power(self, strength: float, shares: Array) -> None:
        self._torques = (shares * strength * self._servos.stall_torque).tolist()
        self._dampen(shares * self._servos.back_emf)
        self._aim(self._aimed)

    def _dampen(self, damping: Array) -> None:
        self._damping = damping.tolist()
        for joint, value in zip(self._parts.joints, self._damping, strict=True):
            p.changeDynamics(self._body, joint, jointDamping=value, physicsClientId=self._client)

    def _aim(self, row: list[float]) -> None:
        self._aimed = row
        p.setJointMotorControlArray(
            self._body,
            self._parts.joints,
            p.POSITION_CONTROL,
            targetPositions=row,
            forces=self._torques,
            positionGains=self._gains,
            physicsClientId=self._client,
        )

    def _push(self, forces: list[tuple[float, float]]) -> None:
        for force in forces:
            center, _ = p.getBasePositionAndOrientation(self._body, self._client)
            p.applyExternalForce(self._body, -1, [*force, 0.0], center, p.WORLD_FRAME, physicsClientId=self._client)

    def _step(self, steps: int) -> None:
        try:
            for _ in range(steps):
                p.stepSimulation(self._client)
        except p.error as error:  # the user closed the window
            self.lifecycle = Lifecycle.FAULT
            raise BodyError(f"the window was closed, or the engine failed ({error}); the walk ended there") from error
        (x, y, z), _ = p.getBasePositionAndOrientation(self._body, self._client)
        if not math.isfinite(x + y + z):  # what breaks anywhere in the robot reaches its trunk within a step
            raise self._unstable()

    def _limp(self) -> None:
        self._dampen(np.zeros(len(self._parts.joints)))
        p.setJointMotorControlArray(
            self._body,
            self._parts.joints,
            p.VELOCITY_CONTROL,
            forces=[0.0] * len(self._parts.joints),
            physicsClientId=self._client,
        )

    def _follow(self) -> None:
        """Move the window's camera after the robot."""
        (x, y, z), _ = p.getBasePositionAndOrientation(self._body, self._client)
        p.resetDebugVisualizerCamera(0.8, 40, -20, [x, y, z], physicsClientId=self._client)

    def _release(self) -> None:
        disconnect(self._client)
        self._client = -1
