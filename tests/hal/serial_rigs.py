"""Robots behind emulated firmware, in memory and in simulated time, for tests of what stands above the drivers.

What goes over the wire is read here by tables and formulas of its own, not by the driver's.
"""

from typing import NamedTuple

import numpy as np
from ideal_plant import IdealPlant
from memory_link import MemoryLink

from gaitopt.emulators.dynamixel.bus import DynamixelBus
from gaitopt.emulators.opencat.firmware import OpenCatFirmware
from gaitopt.hal.dynamixel.codec import Instruction, PacketReader
from gaitopt.hal.opencat.dialect import dialect_named
from gaitopt.hal.real.body import RealBody
from gaitopt.hal.real.connection import make_driver
from gaitopt.robot.spec import load_robot

ROBOTS = {"opencat": "petoi-bittle", "dynamixel": "dynamixel-quadruped"}
LEGS = ("front_left", "front_right", "rear_left", "rear_right")
# Petoi counts legs clockwise from the left front one: shoulders 8 to 11, knees 12 to 15 (docs, joint index page).
PETOI_SHOULDERS = {"front_left": 8, "front_right": 9, "rear_right": 10, "rear_left": 11}
TICKS_PER_DEGREE = 4096 / 360


class Servo(NamedTuple):
    """Where a joint is found on the wire: units = zero + slope * the joint's degrees."""

    id: int
    zero: float
    slope: float


def petoi_servos():
    """Petoi's shoulder angle swings the leg back, and at 0 the knee is bent by 90 degrees."""
    servos = {}
    for leg, shoulder in PETOI_SHOULDERS.items():
        servos[f"{leg}_rotator"] = Servo(shoulder, 0.0, -1.0)
        servos[f"{leg}_knee"] = Servo(shoulder + 4, 90.0, -1.0)
    return servos


def dynamixel_servos():
    """Leg, then joint, are the digits of an id; right legs are mirror images, and so are knees that fold backward."""
    servos = {}
    for i, leg in enumerate(LEGS, start=1):
        right = -1 if leg.endswith("right") else 1
        back = -1 if leg.startswith("rear") else 1
        signs = {"rotator": right, "elevator": right, "knee": right * back}
        for j, (joint, sign) in enumerate(signs.items(), start=1):
            servos[f"{leg}_{joint}"] = Servo(10 * i + j, 2048.0, sign * TICKS_PER_DEGREE)
    return servos


SERVOS = {"opencat": petoi_servos(), "dynamixel": dynamixel_servos()}
PETOI_REST = {joint: 75.0 if joint < 12 else -55.0 for joint in range(8, 16)} | {0: 0.0}
DYNAMIXEL_REST_DEG = {"rotator": 40.0, "elevator": 5.0, "knee": 80.0}


def dynamixel_start():
    """Return where the servos stand at first [ticks]."""
    servos = SERVOS["dynamixel"].items()
    return {s.id: round(s.zero + s.slope * DYNAMIXEL_REST_DEG[name.split("_")[-1]]) for name, s in servos}


def make_firmware(kind, seed=0, dialect="biboard", speed=float("inf")):
    """Return emulated firmware and the plant that it drives."""
    if kind == "opencat":
        plant = IdealPlant(PETOI_REST, 7.8, speed)
        return OpenCatFirmware(plant, np.random.default_rng(seed), dialect_named(dialect)), plant
    plant = IdealPlant(dynamixel_start(), 11.6, speed)
    return DynamixelBus(plant, dict.fromkeys(plant.positions, "XL430-W250")), plant


class Rig:
    """A `RealBody` on emulated firmware; a new line at every `configure`, as of a new cable, to the same device."""

    def __init__(self, kind, line=None, limits=None, threaded=False, link_class=MemoryLink, **firmware):
        self.kind = kind
        self.robot = load_robot(ROBOTS[kind])
        self.firmware, self.plant = make_firmware(kind, **firmware)
        self.line = line  # makes a faulty line, from the time at which it starts
        self.link_class = link_class
        self.links = []
        self.happened = []
        self.body = RealBody(self.robot, self._connect, limits, threaded)

    def _connect(self):
        start = self.links[-1].now() if self.links else 0.0
        faults = self.line(start) if self.line else None
        link = self.link_class(self.firmware, faults, start=start, on_event=self.happened.append)
        self.links.append(link)
        return make_driver(self.robot, link), link

    @property
    def link(self):
        return self.links[-1]

    @property
    def driver(self):
        return self.body.guard._driver

    @property
    def limp(self):
        return not self.plant.powered

    def pose(self, **degrees):
        """Return joint angles [rad]: 30 degrees at rotators, 60 at knees, 10 at elevators, but for those named."""
        usual = {"rotator": 30.0, "elevator": 10.0, "knee": 60.0}
        names = self.robot.joint_names
        return np.radians([degrees.get(name, usual[name.split("_")[-1]]) for name in names])

    def up(self, duration=0.2):
        """Open and activate the body."""
        self.body.configure()
        self.body.activate(self.pose(), duration)
        return self

    def targets(self):
        """Return the targets of the plant's servos, by joint [degrees]; None where limp."""
        targets = {name: self.plant.targets[servo.id] for name, servo in SERVOS[self.kind].items()}
        return {
            name: None if target is None else (target - SERVOS[self.kind][name].zero) / SERVOS[self.kind][name].slope
            for name, target in targets.items()
        }

    def since(self, count):
        """Return what was written after the first `count` writes."""
        return b"".join(data for _, data in self.link.sent[count:])

    def poses(self, first=0):
        """Return the poses commanded after the first so many writes, each {servo: units}."""
        return [pose for _, data in self.link.sent[first:] for pose in poses_in(self.kind, data)]


class LossyLink(MemoryLink):
    """Loses the next `lose` writes."""

    lose = 0
    lost = 0

    def lose_next(self, count):
        self.lose, self.lost = count, 0

    def write(self, data):
        if self.lose > self.lost:
            self.lost += 1
            data = b""
        super().write(data)


def keep_still(rig, seconds, step=0.02):
    """Let time pass without a command, with the watchdog running; return when it acted and the writes before."""
    start, acted = rig.link.now(), []
    while rig.link.now() < start + seconds:
        rig.link.sleep(step)
        before = len(rig.link.sent)
        rig.body.guard.watch()
        if len(rig.link.sent) > before:
            acted.append((rig.link.now() - start, before))
    return acted


def walk(rig, commands):
    """Stand, by so many commands."""
    for _ in range(commands):
        rig.body.command(rig.pose())
        rig.body.advance(rig.body.command_period)


def servos_off(kind):
    """Return the bytes that switch the servos off: OpenCat's rest, or torque enable (64) := 0 for all, written out."""
    if kind == "opencat":
        return b"d\n"
    ids = [servo.id for servo in SERVOS["dynamixel"].values()]
    return (
        b"\xff\xff\xfd\x00\xfe"
        + (7 + 2 * len(ids)).to_bytes(2, "little")
        + b"\x83\x40\x00\x01\x00"
        + bytes(byte for id in ids for byte in (id, 0))
    )  # and its CRC


def poses_in(kind, data):
    """Return the poses commanded in one write, each {servo: units}."""
    if kind == "opencat":
        if len(data) == 18 and data[:1] == b"L" and data[-1:] == b"~":
            return [dict(enumerate(np.frombuffer(data[1:-1], dtype=np.int8).tolist()))]
        return []
    poses = []
    for packet in PacketReader().feed(data):
        if packet.instruction == Instruction.SYNC_WRITE and packet.parameters[:4] == bytes([116, 0, 4, 0]):
            rows = [packet.parameters[i : i + 5] for i in range(4, len(packet.parameters), 5)]
            poses.append({row[0]: int.from_bytes(row[1:], "little", signed=True) for row in rows})
    return poses
