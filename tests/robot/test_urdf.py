"""The URDF and the numbers it was made from, held together; its masses against sums, its inertias against integrals."""

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.stats import qmc
from urdf_chain import inertial, link_poses, numbers

from gaitopt.hal.sim.native_output import silenced
from gaitopt.robot.spec import JOINT_NAMES, load_robot
from gaitopt.robot.urdf import build_urdf, rotation

with silenced():
    import pybullet


def root_of(robot):
    return ET.parse(robot.urdf).getroot()


def spec_of(robot, name):
    """Return the numbers of a URDF link, and -1 if they are mirrored for it."""
    if name in robot.links:
        return robot.links[name], 1
    end, side, part, _ = name.split("_")
    return robot.links[f"{end}_{part}"], 1 if side == "left" else -1


def points_in(shape, u):
    """Spread points u in the unit cube, (n, 3), evenly over a shape [m]; return them and its volume [m^3]."""
    around = 2 * np.pi * u[:, 2]
    if shape.kind == "box":
        size = np.array(shape.size_mm) / 1e3
        return (u - 0.5) * size + np.array(shape.at_mm) / 1e3, size.prod()
    radius = shape.radius_mm / 1e3
    if shape.kind == "sphere":
        height = 2 * u[:, 1] - 1
        across = np.sqrt(1 - height**2)
        unit = np.stack([across * np.cos(around), across * np.sin(around), height], axis=-1)
        return radius * np.cbrt(u[:, :1]) * unit + np.array(shape.at_mm) / 1e3, 4 / 3 * np.pi * radius**3
    start, end = np.array(shape.from_mm) / 1e3, np.array(shape.to_mm) / 1e3
    axis = end - start
    turn, _ = Rotation.align_vectors([axis], [[0, 0, np.linalg.norm(axis)]])
    off_axis = radius * np.sqrt(u[:, :1]) * np.stack([np.cos(around), np.sin(around), 0 * around], axis=-1)
    return start + u[:, 1:2] * axis + turn.apply(off_axis), np.pi * radius**2 * np.linalg.norm(axis)


def integrate(link, side, parallel_axes=True):
    """Return center and inertia of a link's mass spread evenly over its shapes, by integration over points."""
    u = qmc.Sobol(3, rng=np.random.default_rng(0)).random(4096)
    spread = [points_in(shape, u) for shape in link.shapes]
    density = link.mass_kg / sum(volume for _, volume in spread)
    points = np.concatenate([at for at, _ in spread]) * [1, side, 1]
    mass = np.concatenate([np.full(len(u), density * volume / len(u)) for _, volume in spread])
    center = mass @ points / link.mass_kg
    if not parallel_axes:
        points = np.concatenate([at - at.mean(axis=0) for at, _ in spread]) * [1, side, 1] + center
    arm = points - center
    outer = np.einsum("n,ni,nj->ij", mass, arm, arm)
    return center, np.trace(outer) * np.eye(3) - outer


def test_the_file_is_made_from_the_numbers(robot):
    """If this fails: python -m gaitopt.robot.urdf."""
    assert Path(robot.urdf).read_text(encoding="utf-8") == build_urdf(robot)


def test_one_element_a_line(robot):
    lines = Path(robot.urdf).read_text(encoding="utf-8").splitlines()
    assert max(len(line) for line in lines) < 200
    assert all(line.count("<") <= 1 for line in lines)


def test_joints_have_the_names_limits_speeds_and_torques_of_the_numbers(robot):
    joints = {joint.get("name"): joint for joint in root_of(robot).iter("joint") if joint.get("type") == "revolute"}
    assert set(joints) == set(robot.joint_names)
    for name, joint in joints.items():
        kind = getattr(robot.joints, name.split("_")[-1])
        limit = {key: float(value) for key, value in joint.find("limit").items()}
        assert limit["lower"] == pytest.approx(np.radians(kind.limits_deg[0]), rel=1e-5)
        assert limit["upper"] == pytest.approx(np.radians(kind.limits_deg[1]), rel=1e-5)
        assert limit["velocity"] == pytest.approx(kind.no_load_speed_radps, rel=1e-5)
        assert limit["effort"] == robot.servo.stall_torque_nm


FORWARD, BACKWARD, LEFT, RIGHT = "0 -1 0", "0 1 0", "1 0 0", "-1 0 0"
"""The axis about which a leg, which hangs down, swings that way."""
KNEES = {  # front, rear
    "aibo-ers7": (FORWARD, BACKWARD),
    "aibo-ers210": (FORWARD, BACKWARD),
    "dynamixel-quadruped": (FORWARD, BACKWARD),
    "petoi-bittle": (FORWARD, FORWARD),
}


def test_joints_turn_about_the_axes_of_the_drawings(robot):
    joints = {joint.get("name"): joint for joint in root_of(robot).iter("joint")}
    front_knee, rear_knee = KNEES[robot.name]
    for name, axis in (
        ("front_left_rotator", FORWARD),
        ("rear_right_rotator", FORWARD),
        ("front_left_elevator", LEFT),  # outward
        ("front_right_elevator", RIGHT),
        ("front_left_knee", front_knee),
        ("rear_right_knee", rear_knee),
    ):
        if name in robot.joint_names:
            assert joints[name].find("axis").get("xyz") == axis
        else:
            assert joints[name].get("type") == "fixed"


@pytest.mark.parametrize(
    ("name", "total_kg"),
    [
        ("aibo-ers7", 1.65),  # Sony's brochure
        ("aibo-ers210", 1.45),  # reported
        ("petoi-bittle", 0.27),  # parts weighed: base 108, battery 56, cover 13, four times 17 + 6 g
        ("dynamixel-quadruped", 12 * 0.0572 + 0.18 + 0.10 + 0.24 + 0.08 + 4 * 0.078),  # servos, trunk, head, brackets
    ],
)
def test_masses_add_up_to_the_robot(name, total_kg):
    robot = load_robot(name)
    masses = [inertial(link)[0] for link in root_of(robot).iter("link")]
    assert sum(masses) == pytest.approx(robot.mass_kg, abs=1e-9)
    assert sum(masses) == pytest.approx(total_kg, rel=0.01)


def test_inertias_are_those_of_the_shapes(robot):
    for element in root_of(robot).iter("link"):
        link, side = spec_of(robot, element.get("name"))
        center, inertia = integrate(link, side)
        mass, at, tensor = inertial(element)
        assert mass == pytest.approx(link.mass_kg)
        np.testing.assert_allclose(at, center, atol=1e-4)
        np.testing.assert_allclose(tensor, inertia, atol=0.01 * np.trace(inertia))


def test_pybullet_reads_the_same_inertias(robot):
    client = pybullet.connect(pybullet.DIRECT)
    try:
        body = pybullet.loadURDF(robot.urdf, flags=pybullet.URDF_USE_INERTIA_FROM_FILE, physicsClientId=client)
        infos = [pybullet.getJointInfo(body, i, client) for i in range(pybullet.getNumJoints(body, client))]
        index = {info[12].decode(): info[0] for info in infos} | {"trunk": -1}
        for element in root_of(robot).iter("link"):
            mass, at, tensor = inertial(element)
            known = pybullet.getDynamicsInfo(body, index[element.get("name")], client)
            turn = np.reshape(pybullet.getMatrixFromQuaternion(known[4]), (3, 3))
            assert known[0] == mass
            np.testing.assert_allclose(known[3], at, atol=1e-9)
            np.testing.assert_allclose(turn @ np.diag(known[2]) @ turn.T, tensor, atol=1e-6 * np.trace(tensor))
    finally:
        pybullet.disconnect(client)


def test_inertias_count_the_places_of_the_shapes(robot):
    """Negative control: without the parallel axes the integral is another one."""
    missed = []
    for element in root_of(robot).iter("link"):
        _, inertia = integrate(*spec_of(robot, element.get("name")), parallel_axes=False)
        missed.append(np.abs(inertial(element)[2] - inertia).max() / np.trace(inertia))
    assert max(missed) > 0.05


def test_no_moment_of_inertia_exceeds_the_sum_of_the_others(robot):
    for element in root_of(robot).iter("link"):
        low, middle, high = np.linalg.eigvalsh(inertial(element)[2])
        assert 0 < low <= middle <= high <= low + middle


def test_the_whole_robot_balances_left_and_right(robot):
    poses = link_poses(robot.urdf, dict.fromkeys(JOINT_NAMES, 0.3))
    parts = [(poses[link.get("name")], *inertial(link)) for link in root_of(robot).iter("link")]
    moment = sum(mass * (pose @ [*at, 1])[:3] for pose, mass, at, _ in parts)
    assert abs(moment[1]) < 1e-7


@pytest.mark.parametrize(
    ("name", "width", "length"),
    [("aibo-ers7", 0.180, 0.317), ("aibo-ers210", 0.152, 0.289), ("petoi-bittle", 0.110, 0.200)],
)
def test_shapes_are_as_large_as_the_robot(name, width, length):
    """Overall size as published, to a fifth; the Dynamixel quadruped is nobody's product."""
    robot = load_robot(name)
    poses = link_poses(robot.urdf, dict.fromkeys(JOINT_NAMES, 0.0))
    corners = []
    for link in root_of(robot).iter("link"):
        spec, side = spec_of(robot, link.get("name"))
        u = qmc.Sobol(3, rng=np.random.default_rng(0)).random(256)
        felt = [shape for shape in spec.shapes if shape.collide]  # not the tail
        if not felt:
            continue
        points = np.concatenate([points_in(shape, u)[0] for shape in felt]) * [1, side, 1]
        corners.append(points @ poses[link.get("name")][:3, :3].T + poses[link.get("name")][:3, 3])
    size = np.ptp(np.concatenate(corners), axis=0)
    assert size[:2] == pytest.approx([length, width], rel=0.2)


def test_colors_of_the_palette_are_in_the_file(robot):
    materials = {m.get("name"): m for m in root_of(robot).findall("material")}
    for name, color in robot.palette.items():
        np.testing.assert_allclose(numbers(materials[name].find("color").get("rgba")), [*color, 1.0], atol=1e-6)


def test_roll_pitch_yaw_turn_about_fixed_axes():
    for rpy in np.random.default_rng(3).uniform(-np.pi, np.pi, (50, 3)):
        np.testing.assert_allclose(rotation(rpy), Rotation.from_euler("xyz", rpy).as_matrix(), atol=1e-15)
        assert np.abs(rotation(rpy) - Rotation.from_euler("XYZ", rpy).as_matrix()).max() > 1e-3  # moving axes
