"""A robot in PyBullet.

Every call names its own physics client. The world is built once for a scenario and its state saved; every traversal
starts from that state, so that nothing of an earlier one remains (bullet3 issue 2442 shows what goes wrong when only
joints and base are reset).
"""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray

from gaitopt.arrays import Array
from gaitopt.errors import BodyError, ProtocolError
from gaitopt.hal.body import Body, BodyState, Camera, Capabilities, GroundContacts, Lifecycle, Meter
from gaitopt.hal.engine import EngineSpec, engine_of
from gaitopt.hal.sim.native_output import silenced
from gaitopt.hal.sim.placing import place_trunk
from gaitopt.hal.sim.pybullet_client import clear, connect, disconnect
from gaitopt.hal.sim.pybullet_parts import find_parts
from gaitopt.hal.sim.pybullet_world import GRAVITY, add_ground, load_robot, p, set_payload, take_picture
from gaitopt.robot.spec import RobotSpec
from gaitopt.robot.urdf_check import check_urdf
from gaitopt.scenario.spec import Conditions, ScenarioSpec

DROP = 0.001
"""Gap under the paws when the robot is placed [m]."""
ALOFT = (0.0, 0.0, 10.0)
"""A position out of reach of everything [m]."""


class PyBulletBody(Body):
    """A simulated robot on its field."""

    capabilities = Capabilities(simulated=True, position=True, joint_torque=True, contacts=True, camera=True)

    def __init__(
        self, robot: RobotSpec, engine: EngineSpec | None = None, window: bool = False, camera: bool = False
    ) -> None:
        """Describe the body; `configure` opens it.

        Args:
            robot: which robot.
            engine: time step and solver.
            window: whether to show PyBullet's window, at the pace of real time.
            camera: whether to add the field's marks, and draw pictures by EGL where this machine has it.
        """
        super().__init__(robot)
        self.engine = engine or engine_of(robot)
        self._window = window
        self._client = -1
        self._scenario: ScenarioSpec | None = None
        self._conditions: Conditions | None = None
        self._camera = camera
        self._renderer = p.ER_TINY_RENDERER
        self._stopped = False
        self._check_time_step()

    def configure(self) -> None:
        """Connect to a physics client of its own."""
        self._require(Lifecycle.DISCONNECTED, call="configure")
        check_urdf(self.robot)
        self._client, self._renderer = connect(self._window, self._camera)
        self._stopped = False
        self.lifecycle = Lifecycle.INACTIVE

    def prepare(self, scenario: ScenarioSpec, conditions: Conditions) -> None:
        """Set up the next traversal; the robot is placed when it is activated."""
        self._require(Lifecycle.INACTIVE, call="prepare")
        self._conditions = None
        if scenario != self._scenario:
            with silenced():
                self._build_world(scenario)
        else:
            self._forget_contacts()
            p.restoreState(self._fresh, physicsClientId=self._client)
        self._conditions = conditions
        p.changeDynamics(self._ground, -1, lateralFriction=conditions.friction, physicsClientId=self._client)
        down = -GRAVITY * math.sin(conditions.slope), 0.0, -GRAVITY * math.cos(conditions.slope)
        p.setGravity(*down, physicsClientId=self._client)  # a slope is a level field with tilted gravity
        if self._parts.payload is not None:
            set_payload(self._body, self._parts.payload, conditions.payload, self._client)

    def activate(self, pose: Array, duration: float) -> None:
        """Stand the robot on the ground in `pose`, servos on, and let it settle for `duration`."""
        self._require(Lifecycle.INACTIVE, call="activate")
        conditions = self._require_world("activate")
        self._pushes = conditions.pushes
        pose = self._within_limits(pose)
        self._place(pose, conditions)
        strength = conditions.servo_strength
        speeds = self.robot.joint_speeds * strength
        for joint, angle, speed in zip(self._parts.joints, pose, speeds, strict=True):
            p.resetJointState(self._body, joint, angle, 0.0, physicsClientId=self._client)
            # The motor keeps its largest speed; the array call in _aim cannot set it.
            p.setJointMotorControl2(
                self._body,
                joint,
                p.POSITION_CONTROL,
                targetPosition=angle,
                maxVelocity=speed,
                physicsClientId=self._client,
            )
        # The motor moves at gain * error / time_step: an error decays with the servo's time constant at any time step.
        gain = self.engine.time_step_s / self.robot.servo.time_constant_s
        self._gains = [min(1.0, gain)] * len(self._parts.joints)
        self._torques = [self.robot.servo.stall_torque_nm * strength] * len(self._parts.joints)
        self.lifecycle = Lifecycle.ACTIVE
        self._time, self._wall = -duration, time.perf_counter()
        self.command(pose)
        self.advance(duration)
        self._time = 0.0

    def read(self) -> BodyState:
        """Return position and orientation, and the joints' angles, speeds and torques."""
        self._require_world("read")
        com, turned = p.getBasePositionAndOrientation(self._body, self._client)
        position, orientation = p.multiplyTransforms(com, turned, *self._parts.origin_in_inertial)
        angles, speeds, _, torques = zip(*p.getJointStates(self._body, self._parts.joints, self._client), strict=True)
        if self.lifecycle is not Lifecycle.ACTIVE:
            torques = (0.0,) * len(torques)  # the servos are limp; Bullet returns the last torque they had
        return BodyState(self._time, position, orientation, angles, speeds, torques)

    def command(self, angles: Array) -> Array:
        """Set the servos' target angles and return them, after joint limits."""
        self._require(Lifecycle.ACTIVE, call="command")
        sent = self._within_limits(angles)
        self._aim(sent.tolist())
        return sent

    def play(self, angles: Array, period: float) -> Array:
        """Send rows of joint angles, one every `period`; limiting all rows at once is faster."""
        self._require(Lifecycle.ACTIVE, call="play")
        sent = self._within_limits(angles)
        steps, meter = round(period / self.engine.time_step_s), self.meter
        for row in sent.tolist():
            self._aim(row)
            self._step(steps, period, meter if meter is not None and meter.due() else None)
        return sent

    def advance(self, duration: float) -> None:
        """Step the physics; with a window, at the pace of real time."""
        self._step(round(duration / self.engine.time_step_s), duration)

    def _step(self, steps: int, duration: float, meter: Meter | None = None) -> None:
        if self._stopped or self.lifecycle is not Lifecycle.ACTIVE:
            if self._stopped:
                self._limp(Lifecycle.ESTOP)
            self._require(Lifecycle.ACTIVE, call="advance")
        try:
            for i in range(steps):
                if self._pushes:
                    self._push(self._time + i * self.engine.time_step_s)
                p.stepSimulation(self._client)
                if meter is not None:
                    meter.take()
            if self._window:
                self._keep_pace(duration)
        except p.error as error:  # the user closed the window
            self.lifecycle = Lifecycle.FAULT
            raise BodyError(f"the window was closed, or the engine failed ({error}); the walk ended there") from error
        self._time += duration

    def set_strength(self, shares: Array) -> None:
        """Limit each joint to a share of its servo's torque, (joints,), until the next activation: 0 leaves it limp."""
        self._require(Lifecycle.ACTIVE, call="set_strength")
        strength = self.robot.servo.stall_torque_nm * self._require_world("set_strength").servo_strength
        self._torques = (shares * strength).tolist()
        self._aim(self._aimed)

    def _push(self, time: float) -> None:
        for push in self._pushes:
            if push.start <= time < push.end:
                center, _ = p.getBasePositionAndOrientation(self._body, self._client)
                force = [*push.force, 0.0]
                p.applyExternalForce(self._body, -1, force, center, p.WORLD_FRAME, physicsClientId=self._client)

    def deactivate(self) -> None:
        """Leave the servos limp."""
        if self.lifecycle is Lifecycle.ACTIVE:
            self._limp(Lifecycle.INACTIVE)

    def estop(self) -> None:
        """Request limp servos: Bullet is not thread-safe, so the walking thread acts at its next step."""
        self._stopped = True

    def close(self) -> None:
        """Disconnect from the physics client."""
        disconnect(self._client)
        self._client = -1
        self._scenario = self._conditions = None
        self.lifecycle = Lifecycle.DISCONNECTED

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

    def _aim(self, angles: list[float]) -> None:
        self._aimed = angles
        p.setJointMotorControlArray(
            self._body,
            self._parts.joints,
            p.POSITION_CONTROL,
            targetPositions=angles,
            forces=self._torques,
            positionGains=self._gains,
            physicsClientId=self._client,
        )

    def _require_world(self, call: str) -> Conditions:
        if self._conditions is None:
            raise ProtocolError(f"{call}: the body has no world yet; call configure and prepare first")
        return self._conditions

    def _check_time_step(self) -> None:
        steps = self.robot.servo.command_period_s / self.engine.time_step_s
        if abs(steps - round(steps)) > 1e-6 or round(steps) < 1:
            period = self.robot.servo.command_period_s
            raise BodyError(
                f"engine.time_step_s: got {self.engine.time_step_s:g}; "
                f"expected a whole fraction of the command period {period:g} s"
            )

    def _build_world(self, scenario: ScenarioSpec) -> None:
        client = {"physicsClientId": self._client}
        self._scenario = None
        clear(self.engine, self._window, self._client)
        self._ground = add_ground(scenario, self._camera or self._window, self._client)
        self._body = load_robot(self.robot, scenario, self._client)
        self._parts = find_parts(self.robot, self._body, self._client)
        for link in range(-1, p.getNumJoints(self._body, **client)):
            p.changeDynamics(self._body, link, lateralFriction=1.0, linearDamping=0.0, angularDamping=0.0, **client)
        self._fresh = p.saveState(**client)
        self._scenario = scenario
        if self._renderer != p.ER_TINY_RENDERER:
            for _ in range(2):  # EGL prints about itself at its first two pictures
                take_picture(Camera(target=(0.0, 0.0, 0.0)), self._renderer, self._client)

    def _forget_contacts(self) -> None:
        """Lift the robot off the ground: contacts that exist when a state is restored stay, with their forces.

        They would act on the next walk if the last one ended near its start.
        """
        p.resetBasePositionAndOrientation(self._body, ALOFT, (0.0, 0.0, 0.0, 1.0), physicsClientId=self._client)
        p.performCollisionDetection(self._client)

    def _place(self, pose: Array, conditions: Conditions) -> None:
        """Place the trunk so that the four paws stand on the ground, behind the start line."""
        assert self._scenario is not None
        height, roll, pitch = place_trunk(self.robot, pose)
        orientation = p.getQuaternionFromEuler([roll, pitch, conditions.start_heading])
        start = [-self._scenario.field.run_up_m, conditions.start_side, height + DROP]
        com, turned = p.multiplyTransforms(start, orientation, *self._parts.inertial_in_origin)
        p.resetBasePositionAndOrientation(self._body, com, turned, physicsClientId=self._client)

    def _limp(self, state: Lifecycle) -> None:
        p.setJointMotorControlArray(
            self._body,
            self._parts.joints,
            p.VELOCITY_CONTROL,
            forces=[0.0] * len(self._parts.joints),
            physicsClientId=self._client,
        )
        self.lifecycle = state

    def _keep_pace(self, duration: float) -> None:
        self._follow()
        self._wall += duration
        time.sleep(max(0.0, self._wall - time.perf_counter()))

    def _follow(self) -> None:
        """Move the window's camera after the robot."""
        (x, y, z), _ = p.getBasePositionAndOrientation(self._body, self._client)
        p.resetDebugVisualizerCamera(0.8, 40, -20, [x, y, z], physicsClientId=self._client)
