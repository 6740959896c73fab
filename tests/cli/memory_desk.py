"""An emulated robot and its light gate on a desk in memory, in simulated time: what the command line finds at ports."""

import time
from functools import partial

import numpy as np
from memory_link import MemoryLink

from gaitopt.emulators.emulation import Emulation
from gaitopt.emulators.faults import FaultyLine
from gaitopt.emulators.light_gate import GateFirmware
from gaitopt.errors import BodyError
from gaitopt.hal.real import connection, guard
from gaitopt.hal.serial import probe
from gaitopt.robot.spec import load_robot
from gaitopt.run.real import walks
from gaitopt.run.real.robot import UnattendedOperator
from gaitopt.scenario.spec import load_scenario

FIELD = {"length_m": 0.1, "run_up_m": 0.1, "time_limit_s": 4.0}
"""A field of a few steps."""
CHANGES = [word for key, value in FIELD.items() for word in ("--set", f"scenario.field.{key}={value}")]
ROBOTS = {"opencat": "petoi-bittle", "dynamixel": "dynamixel-quadruped"}
BODY, GATE, PLAIN = "/dev/robot", "/dev/gate", "/dev/plain"
"""The ports: of the robot, of the gate, and of a device that says nothing."""


def short_desk():
    scenario = load_scenario("desk")
    return scenario.model_copy(update={"field": scenario.field.model_copy(update=FIELD)})


class Silence:
    """A device that says nothing."""

    def feed(self, data, now):
        return b""

    def tick(self, now):
        return b""

    def next_event(self):
        return None

    def reset(self, now):
        return b""


class GateLink(MemoryLink):
    """Follows the robot's clock, for both are on one desk."""

    world = None

    def read(self, timeout):
        if self.world.links:
            self._pass_until(max(self.now(), self.world.links[-1].now()))
        return super().read(timeout)


class MemoryDesk:
    """One robot, switched on; every opening of its port is a new line to it."""

    def __init__(self, kind, **options):
        self.kind = kind
        self.emulation = Emulation(load_robot(ROBOTS[kind]), short_desk(), **options)
        self.gate = GateFirmware()
        self.fires = True
        self.emulation.robot.watch_lines(lambda *beam: self.fires and self.gate.trip(*beam))
        self.links = []
        self.faults = None
        """What the next lines to the robot do to bytes."""
        self.rng = np.random.default_rng(0)
        self.start = time.monotonic()

    @property
    def address(self):
        return f"{self.kind}:{BODY}"

    @property
    def words(self):
        """Where to walk, for the command line."""
        return ["--robot", ROBOTS[self.kind], "--scenario", "desk", *CHANGES, "--body", self.address, "--yes"]

    @property
    def limp(self):
        return not self.emulation.robot._powered.any()

    def open(self, port, baud):
        """Stand in for `SerialLink`."""
        now = self.links[-1].now() if self.links else self.start
        if port == BODY:
            line = FaultyLine(self.faults, self.rng, now) if self.faults else None
            link = MemoryLink(self.emulation.firmware, line, BODY, now, self.emulation._apply_fault)
            self.links.append(link)
        elif port == GATE:
            link = GateLink(self.gate, name=GATE, start=now)
            link.world = self
        elif port == PLAIN:
            link = MemoryLink(Silence(), name=PLAIN, start=now)
        else:
            raise BodyError(f"{port}: no such port")
        return link

    def install(self, monkeypatch):
        """Let the command line find this desk at its ports; no thread watches, for time passes in leaps."""
        for module in (connection, walks, probe):
            monkeypatch.setattr(module, "SerialLink", self.open)
        monkeypatch.setattr(guard, "Watchdog", lambda check: None)
        monkeypatch.setattr("gaitopt.cli.operator.UnattendedOperator", partial(UnattendedOperator, sleep=self.sleep))
        monkeypatch.setattr(probe, "permission_advice", lambda port: None)

    def sleep(self, duration):
        for _ in range(round(duration / 0.05)):  # the emulated robot does not make up for long leaps
            self.links[-1].sleep(0.05)

    def close(self):
        self.emulation.close()
