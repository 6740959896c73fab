"""A robot on its ground as a MuJoCo model. The engine is imported here and in `mujoco_body` only.

The robot comes from its URDF, the same that PyBullet loads; ground, servos and solver are added to it.
"""

from __future__ import annotations

import os
import re
import sys

import numpy as np

from gaitopt.errors import BodyError
from gaitopt.hal.engine import EngineSpec
from gaitopt.hal.sim.scenery import CARPET, LIGHT_FROM, MARK_THICKNESS, SKY, marks
from gaitopt.hal.sim.servo import servo_model
from gaitopt.robot.spec import RobotSpec
from gaitopt.robot.urdf import urdf_text, with_payload
from gaitopt.scenario.spec import ScenarioSpec
from gaitopt.scenario.terrain import Terrain, make_terrain

if sys.platform == "linux" and not os.environ.get("DISPLAY"):
    os.environ.setdefault("MUJOCO_GL", "egl")  # how to draw without a screen; MuJoCo reads it when it is imported
try:
    import mujoco
except ImportError as error:
    raise BodyError(f"MuJoCo cannot be imported ({error}); install it with: pip install mujoco") from error

GROUND = "ground"
"""Name of the ground's geom."""
CARPET_SOLREF = (0.017, 1.0)
"""Time constant [s] and damping ratio of a contact with a carpet.

Stiffer ground (0.005 s) slows published walks of the ERS-7 by a sixth and lifts them off.
"""
SUPPLY = 1.0
"""Supply of the motors [V]: only ratios to it matter."""
ROBOT = 1
"""Collision bit: the ground is of this type, the robot takes it: it collides with the ground, and not with itself."""
SEEN, UNSEEN = 1, 3
"""Groups of shapes that pictures show, and that they do not."""


def build_model(robot: RobotSpec, scenario: ScenarioSpec, engine: EngineSpec, pictures: bool = False) -> mujoco.MjModel:
    """Return the model of a robot on the ground of a scenario.

    Args:
        robot: which robot.
        scenario: ground and payload.
        engine: time step and solver.
        pictures: whether the model is to be looked at: with the robot's looks, the field's marks and a sky, which
            physics are faster without. Joints and their order are the same.

    Raises:
        BodyError: MuJoCo cannot read the URDF.
    """
    load = scenario.payload
    text = urdf_text(robot) if load is None else with_payload(robot, load.at_mm)
    try:
        spec = mujoco.MjSpec.from_string(_with_looks(text) if pictures else text)
        _set_options(spec, engine)
        _free(spec, robot)
        _add_servos(spec, robot)
        _add_ground(spec, scenario)
        if pictures:
            _add_scenery(spec, scenario)
        return spec.compile()
    except ValueError as error:
        raise BodyError(f"{robot.urdf}: MuJoCo cannot load this URDF ({' '.join(str(error).split())})") from error


def _with_looks(text: str) -> str:
    """Return a URDF of which MuJoCo keeps the visuals; an option that it reads with the file, and not later."""
    return re.sub(r"(<robot\b[^>]*>)", r'\1<mujoco><compiler discardvisual="false"/></mujoco>', text, count=1)


def _set_options(spec: mujoco.MjSpec, engine: EngineSpec) -> None:
    spec.compiler.fusestatic = False  # paws and head stay bodies of their own
    option = spec.option
    option.timestep = engine.time_step_s
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC  # pyramids have less friction along their edges
    option.solver = mujoco.mjtSolver.mjSOL_NEWTON
    option.iterations = engine.solver_iterations
    option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)  # a broken state must not walk on from the start


def _free(spec: mujoco.MjSpec, robot: RobotSpec) -> None:
    """Let the trunk move freely and the robot touch only the ground; add what joints have besides the URDF."""
    spec.body("trunk").add_freejoint(name="trunk")
    for geom in spec.geoms:
        collides = geom.contype != 0
        geom.contype, geom.conaffinity, geom.condim = 0, ROBOT if collides else 0, 3
        geom.group = UNSEEN if collides else SEEN
    for name in robot.joint_names:
        joint = spec.joint(name)
        joint.armature, joint.frictionloss = robot.servo.armature_kgm2, robot.servo.friction_nm
        joint.solref_friction = [2 * spec.option.timestep, 1.0]  # as hard as the time step allows: soft friction glides
        # The URDF's effort is no limit: a motor that is turned backward gives more than its stall torque.
        joint.actfrclimited = mujoco.mjtLimited.mjLIMITED_FALSE


def _add_servos(spec: mujoco.MjSpec, robot: RobotSpec) -> None:
    """Add a DC motor behind a PD controller to each joint; see `gaitopt.hal.sim.servo`."""
    servos = servo_model(robot)
    for joint, stall, no_load in zip(robot.joint_names, servos.stall_torque, servos.no_load_speed, strict=True):
        actuator = spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        constant = SUPPLY / no_load  # of the motor: V s/rad, which is also N m/A
        actuator.set_to_dcmotor(
            motorconst=[constant, constant],
            resistance=SUPPLY * constant / stall,
            # kp, ki, kd, largest slope, largest integral, largest voltage: without the last, torque has no speed line.
            controller=[servos.damping / servos.response, 0.0, servos.damping, 0.0, 0.0, SUPPLY],
            ctrlspec=int(mujoco.mjtCtrlInput.mjINPUT_POS),
        )


def _add_ground(spec: mujoco.MjSpec, scenario: ScenarioSpec) -> None:
    terrain = make_terrain(scenario)
    ground = spec.worldbody.add_geom(name=GROUND, contype=ROBOT, conaffinity=0, condim=3, rgba=CARPET)
    ground.priority = 1  # its friction and softness count, not the larger of two
    ground.solref = CARPET_SOLREF
    if terrain is None:
        ground.type, ground.size = mujoco.mjtGeom.mjGEOM_PLANE, [0.0, 0.0, 1.0]
        ground.group = UNSEEN  # the carpet is seen, which has an end
    else:
        _shape(spec, ground, terrain)


def _add_scenery(spec: mujoco.MjSpec, scenario: ScenarioSpec) -> None:
    """Add light, sky and, on flat ground, carpet and marks, which nothing touches."""
    spec.worldbody.add_light(pos=LIGHT_FROM, dir=[-x for x in LIGHT_FROM], type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL)
    spec.add_texture(
        name="sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
        rgb1=SKY,
        rgb2=SKY,
        width=16,
        height=16 * 6,
    )
    for mark in marks(scenario) if scenario.rough is None else ():
        box = spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, contype=0, conaffinity=0, rgba=mark.color)
        box.group = SEEN
        box.pos = [*mark.center, mark.top - MARK_THICKNESS / 2]
        box.size = [*mark.half_size, MARK_THICKNESS / 2]


def _shape(spec: mujoco.MjSpec, ground: mujoco.MjsGeom, terrain: Terrain) -> None:
    """Give the ground the shape of a terrain: MuJoCo takes heights from 0 to 1, rows along y."""
    low, span = terrain.heights.min(), np.ptp(terrain.heights)
    half = terrain.cell * (np.array(terrain.heights.shape) - 1) / 2
    spec.add_hfield(
        name=GROUND,
        nrow=terrain.heights.shape[1],
        ncol=terrain.heights.shape[0],
        size=[*half, span, 0.1],
        userdata=((terrain.heights.T - low) / span).ravel().tolist(),
    )
    ground.type, ground.hfieldname = mujoco.mjtGeom.mjGEOM_HFIELD, GROUND
    ground.pos = [*(np.array(terrain.corner) + half), low]
