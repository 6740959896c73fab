"""Bodies of all kinds for the contract, and what their joints really do.

Where joints stand is asked of what is below the body: the engine, or the emulated robot, servo by servo.
"""

import threading
from contextlib import contextmanager

import numpy as np
from engine_rigs import ENGINES
from serial_rigs import ROBOTS, SERVOS, Rig

from gaitopt.emulators.emulation import Emulation
from gaitopt.hal.address import parse_address
from gaitopt.hal.real.connection import make_real_body
from gaitopt.hal.real.safety import SafetyLimits
from gaitopt.robot.spec import load_robot
from gaitopt.scenario.spec import load_scenario


class InMemory:
    """A robot behind a driver, in simulated time, without physics."""

    sure = 0.6  # rounding of the device [degrees]

    def __init__(self, kind):
        self.rig = Rig(kind)
        self.robot, self.body = self.rig.robot, self.rig.body

    def stands(self):
        positions = {name: self.rig.plant.positions[servo.id] for name, servo in SERVOS[self.rig.kind].items()}
        return {
            name: (at - SERVOS[self.rig.kind][name].zero) / SERVOS[self.rig.kind][name].slope
            for name, at in positions.items()
        }

    def limp(self):
        self.rig.link.sleep(1.5)
        return self.rig.limp

    def block(self):
        self.rig.plant.most_speed = 0.0


class Simulated:
    """A simulated robot."""

    sure = 2.5

    def __init__(self, engine, name):
        self.engine, self.robot = ENGINES[engine], load_robot(name)
        self.body = self.engine.kind(self.robot)

    def stands(self):
        angles = self.engine.angles(self.body)
        return {name: np.degrees(angles[name]) for name in self.robot.joint_names}

    def limp(self):
        """The trunk sinks, or there is no world any more."""
        if not self.engine.is_open(self.body):
            return True
        height = self.body.read().position[2]
        self.engine.step(self.body, round(1.0 / self.body.engine.time_step_s))
        return height - self.body.read().position[2] > 0.01

    def block(self):
        """Nothing moves unless time passes."""


class OverPty:
    """A robot behind a driver and a pseudo-terminal, with physics, in real time."""

    sure = 4.0

    def __init__(self, kind, emulation):
        self.kind, self.emulation = kind, emulation
        self.robot = load_robot(ROBOTS[kind])
        self.body = make_real_body(self.robot, parse_address(f"{kind}:{emulation.port}"))
        self.body.guard.limits = SafetyLimits(gentle_speed=3.0)  # for the tests' time

    def stands(self):
        self.body.pause(0.1)
        servos = SERVOS[self.kind].items()
        return {name: (self.emulation.robot.position(s.id) - s.zero) / s.slope for name, s in servos}

    def limp(self):
        return not self.emulation.robot._powered.any()


@contextmanager
def over_pty(kind):
    with Emulation(load_robot(ROBOTS[kind]), load_scenario("field")) as emulation:
        stop, errors = threading.Event(), []

        def run():
            try:
                emulation.run(stop)
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        case = OverPty(kind, emulation)
        try:
            yield case
        finally:
            case.body.close()
            stop.set()
            thread.join()
    assert errors == []
