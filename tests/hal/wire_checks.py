"""What may be on the wire: every pose is decoded again, and held against limits and slew."""

import math

import numpy as np
from serial_rigs import SERVOS, poses_in

from gaitopt.hal.dynamixel.codec import Instruction, PacketReader

SPEED = {"opencat": math.inf, "dynamixel": 5.97 / math.tau * 4096}
"""Speed of the plant's servos [units/s]; OpenCat moves them itself, step by step."""
OPENCAT_QUESTIONS = {b"?\n", b"j\n", b"gb\n", b"gp\n", b"P~", b"d\n"}


def check_wire(rig):
    """Decode everything that was sent, and check limits and slew."""
    for link in rig.links:
        (check_opencat if rig.kind == "opencat" else check_dynamixel)(rig, link)


def check_limits(rig, pose):
    for name, (low, high) in zip(rig.robot.joint_names, np.degrees(rig.robot.joint_limits), strict=True):
        servo = SERVOS[rig.kind][name]
        degrees = (pose[servo.id] - servo.zero) / servo.slope
        assert low - 1e-6 <= degrees <= high + 1e-6, f"{name} at {degrees}"


def opencat_reach(elapsed):
    """Return what the firmware carries out in so many seconds: 2 degrees in 8 ms, and 8 ms more [degrees]."""
    return 2 * math.floor((min(elapsed, 0.1) - 0.001) / 0.008 - 1 + 1e-6)


def check_opencat(rig, link):
    last, last_time, doubtful = None, 0.0, True
    for (now, data), stood in zip(link.sent, link.stood, strict=True):
        poses = poses_in("opencat", data)
        assert poses or data in OPENCAT_QUESTIONS, f"{data} moves the robot otherwise"
        if data == b"d\n":
            last = None
        doubtful |= data == b"?\n"  # the driver got back into step: it was slower than it seems
        for pose in poses:
            check_limits(rig, pose)
            if last is None:  # the servos come on where they are
                assert all(abs(pose[servo.id] - stood[servo.id]) <= 1 for servo in SERVOS["opencat"].values())
            else:
                step = max(abs(pose[joint] - last[joint]) for joint in pose)
                assert step <= (22 if doubtful else max(0, opencat_reach(now - last_time)))
            last, last_time, doubtful = pose, now, False


def registers_in(data):
    """Return what a write sets: (address, {id: value}) of each packet."""
    for packet in PacketReader().feed(data):
        if packet.instruction == Instruction.SYNC_WRITE:
            address, length = (int.from_bytes(packet.parameters[i : i + 2], "little") for i in (0, 2))
            rows = [packet.parameters[i : i + 1 + length] for i in range(4, len(packet.parameters), 1 + length)]
            yield address, {row[0]: int.from_bytes(row[1:], "little") for row in rows}


TORQUE, WATCHDOG, GOAL = 64, 98, 116


def check_dynamixel(rig, link):
    last, last_time, rests, after_rest = None, 0.0, False, False
    for (now, data), stood in zip(link.sent, link.stood, strict=True):
        for address, values in registers_in(data):
            if address == TORQUE and not any(values.values()):
                last = None
            elif address == WATCHDOG and not any(values.values()):
                rests = True  # the next goals may be where the servos are
            elif address == GOAL:
                check_limits(rig, values)
                stays = max(abs(values[id] - stood[id]) for id in values) < 50
                reach = SPEED["dynamixel"] * min(now - last_time, 2 * 0.02) + 1
                leaps = last is None or max(abs(values[id] - last[id]) for id in values) > reach + 30 * after_rest
                assert not leaps or (rests and stays)
                last, last_time, rests, after_rest = values, now, False, leaps
            if address == WATCHDOG and any(values.values()):
                rests = False
