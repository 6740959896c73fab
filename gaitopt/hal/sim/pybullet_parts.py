"""The parts of a robot in PyBullet, found by name: their order in the engine is arbitrary."""

from __future__ import annotations

from typing import NamedTuple

from gaitopt.hal.sim.pybullet_world import p
from gaitopt.robot.spec import RobotSpec
from gaitopt.robot.urdf import PAYLOAD_LINK

Transform = tuple[tuple[float, ...], tuple[float, ...]]
"""Position [m] and quaternion."""


class Parts(NamedTuple):
    """Numbers of joints and links; -1 is the trunk."""

    joints: list[int]
    """Joints, in the robot's order."""
    paws: set[int]
    """Links of the paws."""
    legs: set[int]
    """Links of upper and lower legs."""
    trunk: set[int]
    """All other links."""
    payload: int | None
    """Link of the payload; None without one."""
    inertial_in_origin: Transform
    """The trunk's inertial frame, by which the engine places a body, in the frame of its origin."""
    origin_in_inertial: Transform
    """The inverse transform."""


def find_parts(robot: RobotSpec, body: int, client: int) -> Parts:
    """Return the parts of a loaded robot."""
    count = p.getNumJoints(body, physicsClientId=client)
    infos = [p.getJointInfo(body, i, physicsClientId=client) for i in range(count)]
    joints = {info[1].decode(): info[0] for info in infos}
    links = {info[12].decode(): info[0] for info in infos}
    paws = {i for name, i in links.items() if name.endswith("_paw_link")}
    legs = {i for name, i in links.items() if name.endswith(("_upper_link", "_lower_link"))}
    dynamics = p.getDynamicsInfo(body, -1, physicsClientId=client)
    inertial_in_origin = dynamics[3], dynamics[4]
    return Parts(
        joints=[joints[name] for name in robot.joint_names],
        paws=paws,
        legs=legs,
        trunk={-1, *links.values()} - paws - legs,
        payload=links.get(PAYLOAD_LINK),
        inertial_in_origin=inertial_in_origin,
        origin_in_inertial=p.invertTransform(*inertial_in_origin),
    )
