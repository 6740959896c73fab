"""Drivers and engines of other packages: found by their entry points, used like gaitopt's own."""

import os
import subprocess
import sys

import numpy as np
import pytest
from foreign_packages import install

from gaitopt.errors import InputError
from gaitopt.hal import address, catalog, driver, engine, wiring
from gaitopt.hal.engine import EngineSpec
from gaitopt.hal.real import connection
from gaitopt.registry import Registry
from gaitopt.robot.spec import load_robot

FEETECH = '''
from gaitopt.hal.driver import DeviceInfo, Driver, Health, Measurement
from gaitopt.hal.wiring import rest_pose, servo_map

class FeetechDriver(Driver):
    """Robots of Feetech servos."""

    usual_baud = 500_000
    units_per_turn = 360
    period = 0.02
    feedback = "measured"
    tilt = False
    sent = []

    @classmethod
    def for_robot(cls, robot, link, baud):
        found = cls()
        found.robot, found.link, found.baud, found.angles = robot, link, baud, rest_pose(robot)
        servo_map(robot)
        return found

    def open(self):
        return DeviceInfo("STS3215", "3.9", "feetech")

    def power_on(self):
        return self.angles

    def send(self, angles):
        self.angles = angles
        self.sent.append(angles)
        return angles

    def reach(self, elapsed):
        return 100.0 * elapsed + 0.0 * self.angles

    def measure(self):
        return Measurement(angles=self.angles)

    def health(self):
        return Health()

    def hold(self):
        pass

    def limp(self):
        self.sent.append("limp")

    def cut(self):
        self.sent.append("cut")

    def close(self):
        self.link.close()
'''
MODULES = {
    "feetech": FEETECH,
    "no_driver": "class NoDriver: pass\n",
    "broken": "raise RuntimeError('half\\ninstalled')\n",
    "still": '''
class StillBody:
    """Bodies that never move."""

    def __init__(self, robot, engine, window, camera):
        self.robot, self.engine = robot, engine
''',
}
POINTS = {
    "gaitopt.drivers": {"feetech": "feetech:FeetechDriver", "other": "no_driver:NoDriver", "broken": "broken:Driver"},
    "gaitopt.engines": {"still": "still:StillBody"},
}


class FakeLink:
    """A silent line; its time passes in sleep."""

    def __init__(self, port, baud):
        self.port, self.baud, self.time = port, baud, 0.0

    def now(self):
        return self.time

    def sleep(self, duration):
        self.time += duration

    def close(self):
        self.time = -1.0


@pytest.fixture(autouse=True)
def foreign(monkeypatch, tmp_path):
    """Install the packages; registries as in a new process."""
    install(monkeypatch, tmp_path, MODULES, POINTS)
    for module, name in [(driver, "DRIVERS"), (engine, "ENGINES")]:
        old = getattr(module, name)
        new = Registry(old.what, old.group, old._own)
        for user in (address, catalog, driver, engine, wiring):
            if hasattr(user, name):
                monkeypatch.setattr(user, name, new)


@pytest.fixture
def feetech_bittle():
    return load_robot("petoi-bittle").changed(wiring={"driver": "feetech"})


def test_a_robot_walks_by_a_foreign_driver(monkeypatch, feetech_bittle):
    """The body, its guard and its limits are gaitopt's; only what goes over the wire is the driver's."""
    links = []
    monkeypatch.setattr(connection, "SerialLink", lambda port, baud: links.append(FakeLink(port, baud)) or links[-1])
    parts = address.parse_address("feetech:/dev/ttyUSB7")
    assert parts.real
    body = catalog.make_body(feetech_bittle, "feetech:/dev/ttyUSB7")
    body.guard._threaded = False  # the fake's time passes in leaps
    sent = sys.modules["feetech"].FeetechDriver.sent
    with body:
        assert body.info.model == "STS3215"
        assert (links[0].port, links[0].baud) == ("/dev/ttyUSB7", 500_000)
        low, high = feetech_bittle.joint_limits.T
        body.activate((low + high) / 2, 0.5)
        body.command(high + 1.0)
        body.advance(body.command_period)
    assert sent[-1] == "limp"
    poses = np.array(sent[:-1])
    assert len(poses) > 20
    assert (poses <= high + 1e-9).all()
    assert np.abs(np.diff(poses, axis=0)).max() <= 100.0 * 0.04


def test_a_foreign_driver_can_be_named_by_a_calibration_and_a_speed(monkeypatch, feetech_bittle):
    monkeypatch.setattr(connection, "SerialLink", FakeLink)
    with catalog.make_body(feetech_bittle, "feetech:/dev/ttyUSB7?baud=9600") as body:
        assert body.guard._driver.baud == 9600


def test_units_are_checked_against_the_foreign_driver(feetech_bittle):
    wrong = feetech_bittle.changed(wiring={"units_per_turn": 4096})
    with pytest.raises(InputError, match="got 4096; expected 360, as feetech counts"):
        wiring.servo_map(wrong)


def test_a_broken_driver_is_named_and_the_others_work(feetech_bittle):
    assert list(driver.DRIVERS.problems) == ["broken"]
    with pytest.raises(InputError) as caught:
        driver.load_driver("broken")
    assert str(caught.value) == (
        "driver 'broken' cannot be used: entry point 'broken:Driver' of package foreign cannot be imported: "
        "RuntimeError: half installed"
    )
    assert address.parse_address("opencat:/dev/x").real
    assert driver.load_driver("opencat").usual_baud == 115200
    with pytest.raises(InputError, match="unknown body 'fetech'; did you mean feetech"):
        address.parse_address("fetech:/dev/x")


def test_a_class_that_is_not_a_driver_is_refused(feetech_bittle):
    robot = feetech_bittle.changed(wiring={"driver": "other"})
    with pytest.raises(InputError, match=r"driver 'other': got <class 'no_driver.NoDriver'>; expected a class derived"):
        catalog.make_body(robot, "other:/dev/x")


def test_an_engine_is_chosen_by_address_or_by_its_settings():
    robot = load_robot("petoi-bittle")
    by_address = catalog.make_body(robot, "still:")
    assert type(by_address).__name__ == "StillBody"
    assert by_address.engine == engine.engine_of(robot, "still")  # the robot's own time step, the engine's name
    settings = EngineSpec(name="still", time_step_s=0.002)
    assert catalog.make_body(robot, engine=settings).engine is settings
    with pytest.raises(InputError, match="body address: got 'pybullet:'; expected 'still:', as in the engine's"):
        catalog.make_body(robot, "pybullet:", settings)
    with pytest.raises(InputError, match="name: unknown engine 'stil'; did you mean still"):
        EngineSpec(name="stil")


def test_drivers_are_imported_only_when_used(tmp_path):
    """Those of other packages, too: a simulation does not look for them."""
    script = """
import sys
from gaitopt.hal.catalog import make_body
from gaitopt.hal.driver import load_driver
from gaitopt.robot.spec import load_robot

def seen():
    drivers = ("gaitopt.hal.opencat", "gaitopt.hal.dynamixel", "feetech", "no_driver", "still")
    print(*[name for name in drivers if name in sys.modules])

make_body(load_robot("petoi-bittle"))
seen()
load_driver("opencat")
seen()
load_driver("feetech")
seen()
"""
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert done.stdout.splitlines() == ["", "gaitopt.hal.opencat", "gaitopt.hal.opencat feetech no_driver"]
