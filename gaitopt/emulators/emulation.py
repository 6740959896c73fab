"""A complete emulated robot: physics, firmware, a port and, if wanted, a light gate on a port of its own."""

from __future__ import annotations

import threading
import time

import numpy as np

from gaitopt.emulators.dynamixel.bus import DynamixelBus
from gaitopt.emulators.faults import FaultEvent, FaultSpec, FaultyLine
from gaitopt.emulators.firmware import Firmware
from gaitopt.emulators.light_gate import GateFirmware
from gaitopt.emulators.opencat.firmware import OpenCatFirmware
from gaitopt.emulators.plant import EmulatedRobot
from gaitopt.emulators.pty_server import PtyServer, serve
from gaitopt.errors import InputError
from gaitopt.hal.opencat.dialect import dialect_named
from gaitopt.hal.wiring import servo_map, wiring_of
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import ScenarioSpec

CHARGED = {"opencat": 7.8, "dynamixel": 11.6}
"""Voltage of a charged battery of two or three lithium cells, by driver [V]."""
LOW = {"opencat": 6.6, "dynamixel": 6.1}
"""Voltage of an empty battery, by OpenCat's and the servos' own limits [V]."""


class Emulation:
    """An emulated robot behind pseudo-terminals; a context manager."""

    def __init__(
        self,
        robot: RobotSpec,
        scenario: ScenarioSpec,
        dialect: str | None = None,
        faults: FaultSpec | None = None,
        seed: int = 0,
        window: bool = False,
        gate: bool = False,
    ) -> None:
        """Power the robot on, behind the start line, limp.

        Args:
            robot: which robot; it must have a wiring.
            scenario: the field.
            dialect: dialect of OpenCat firmware; None is `biboard`.
            faults: faults of the line and the robot.
            seed: random seed.
            window: whether to show a window.
            gate: whether to add a light gate at start and finish line.

        Raises:
            InputError: the robot has no wiring, no emulator, or not the servo that is to be dead; or the dialect is
                unknown or not for it.
            BodyError: this machine has no pseudo-terminals, or no physics engine.
        """
        self._kind = wiring_of(robot).driver
        if self._kind not in CHARGED:
            raise InputError(f"{robot.name} cannot be emulated: only drivers {', '.join(CHARGED)} have an emulator")
        if dialect is not None and self._kind != "opencat":
            raise InputError(f"--dialect is for OpenCat robots; {robot.name} is driven by {self._kind}")
        ids = servo_map(robot).ids
        if faults is not None and faults.dead is not None and faults.dead not in ids:
            listed = ", ".join(map(str, sorted(ids)))
            raise InputError(f"fault dead={faults.dead}: {robot.name} has no such servo; it has {listed}")
        placing, firmware, line = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3))
        self.robot = EmulatedRobot(robot, scenario, placing, CHARGED[self._kind], window)
        self.firmware = _firmware(robot, self.robot, dialect, firmware)
        broken = FaultyLine(faults, line, time.monotonic()) if faults else None
        self._servers = [PtyServer(self.firmware, broken, on_event=self._apply_fault)]
        if gate:
            gates = GateFirmware()
            self.robot.watch_lines(gates.trip)
            self._servers.append(PtyServer(gates))

    @property
    def port(self) -> str:
        """Port that drivers open."""
        return self._servers[0].port

    @property
    def gate_port(self) -> str | None:
        """Port that stopwatches open; None without a light gate."""
        return self._servers[1].port if len(self._servers) > 1 else None

    def run(self, stop: threading.Event) -> None:
        """Serve in real time until `stop` is set or the plug is pulled."""
        serve(self._servers, stop)

    def close(self) -> None:
        """Remove the ports and end the physics."""
        for server in self._servers:
            server.close()
        self.robot.close()

    def __enter__(self) -> Emulation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _apply_fault(self, event: FaultEvent) -> None:
        if event.kind == "low-battery":
            self.robot.battery = LOW[self._kind]
        elif event.kind == "dead" and event.servo is not None:
            if isinstance(self.firmware, DynamixelBus):
                self.firmware.kill(event.servo)
            else:
                self.robot.kill(event.servo)


def _firmware(robot: RobotSpec, plant: EmulatedRobot, dialect: str | None, rng: np.random.Generator) -> Firmware:
    wiring, servos = wiring_of(robot), servo_map(robot).ids
    if wiring.driver == "opencat":
        return OpenCatFirmware(plant, rng, dialect_named(dialect or "biboard"), servos=servos)
    return DynamixelBus(plant, dict.fromkeys(servos, wiring.model))
