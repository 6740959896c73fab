"""A second forward kinematics: the chain of 4 x 4 matrices in a URDF file, by the URDF specification alone."""

import math
import xml.etree.ElementTree as ET

import numpy as np


def numbers(text):
    return np.array([float(word) for word in text.split()])


def rotation(axis, angle):
    """Rodrigues' formula."""
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross


def origin(element):
    """Return the 4 x 4 matrix of an <origin>: roll, pitch, yaw about fixed axes."""
    roll, pitch, yaw = numbers(element.get("rpy", "0 0 0"))
    x, y, z = np.eye(3)
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(z, yaw) @ rotation(y, pitch) @ rotation(x, roll)
    matrix[:3, 3] = numbers(element.get("xyz", "0 0 0"))
    return matrix


def link_poses(urdf, angles):
    """Return each link's 4 x 4 pose in the trunk's frame, for joint angles by name [rad]."""
    poses = {"trunk": np.eye(4)}
    waiting = list(ET.parse(urdf).getroot().iter("joint"))
    while waiting:
        joint = waiting.pop(0)
        parent = joint.find("parent").get("link")
        if parent not in poses:
            waiting.append(joint)
            continue
        turn = np.eye(4)
        if joint.get("type") == "revolute":
            turn[:3, :3] = rotation(numbers(joint.find("axis").get("xyz")), angles[joint.get("name")])
        poses[joint.find("child").get("link")] = poses[parent] @ origin(joint.find("origin")) @ turn
    return poses


def inertial(link):
    """Return mass, center of mass and inertia about it, (3, 3), in the link's frame."""
    element = link.find("inertial")
    pose = origin(element.find("origin"))
    tensor = element.find("inertia")
    xx, yy, zz, xy, xz, yz = (float(tensor.get(key)) for key in ("ixx", "iyy", "izz", "ixy", "ixz", "iyz"))
    principal = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    turn = pose[:3, :3]
    return float(element.find("mass").get("value")), pose[:3, 3], turn @ principal @ turn.T
