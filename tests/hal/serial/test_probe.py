"""Devices at ports are identified, in simulated time."""

import numpy as np
import pytest
from memory_link import MemoryLink
from serial_rigs import make_firmware

from gaitopt.emulators.dynamixel.bus import DynamixelBus
from gaitopt.emulators.light_gate import GateFirmware
from gaitopt.errors import BodyError
from gaitopt.hal.serial import probe


@pytest.fixture
def at(monkeypatch):
    """Return a function that puts firmware, which hears at one speed only, at a port, and identifies it."""

    def ask(firmware, speed=None, advice=None):
        opened = []

        def link(port, baud):
            opened.append(MemoryLink(firmware if speed in (None, baud) else GateFirmware(), name=port))
            return opened[-1]

        monkeypatch.setattr(probe, "SerialLink", link)
        monkeypatch.setattr(probe, "permission_advice", lambda port: advice)
        found = probe.probe("/dev/x")
        assert all(link._closed for link in opened)
        return found

    return ask


@pytest.mark.parametrize("dialect", ["biboard", "biboard-2025", "nyboard"])
def test_an_opencat_board(at, dialect):
    firmware, plant = make_firmware("opencat", dialect=dialect)
    found = at(firmware, speed=115200)
    assert found.body == "opencat:/dev/x"
    assert dialect in found.detail
    assert not plant.powered


def test_servos_at_the_usual_speed_and_at_that_of_new_ones(at):
    firmware, plant = make_firmware("dynamixel")
    found = at(firmware, speed=1_000_000)
    assert found.body == "dynamixel:/dev/x"
    assert "11 (XL430-W250), 12 (XL430-W250)" in found.detail
    assert at(firmware, speed=57_600).body == "dynamixel:/dev/x?baud=57600"
    assert not plant.powered


def test_some_other_servos(at):
    _, plant = make_firmware("dynamixel")
    strangers = DynamixelBus(plant, {11: "XL330-M288", 12: "XM430-W350"})
    assert at(strangers).detail == "Dynamixel servos 11 (XL330-M288), 12 (XM430-W350)"


def test_a_light_gate_and_nobody(at):
    class Silence(GateFirmware):
        def feed(self, data, now):
            return b""

    class Noise(Silence):
        def feed(self, data, now):
            return np.random.default_rng(len(data)).bytes(40)

    assert at(GateFirmware()).stopwatch == "gate:/dev/x"
    for firmware in (Silence(), Noise()):
        found = at(firmware)
        assert (found.body, found.stopwatch, found.detail) == (None, None, "no robot answers")


def test_a_port_that_cannot_be_asked(at, monkeypatch):
    found = at(GateFirmware(), advice="run `sudo`")
    assert (found.body, found.detail, found.advice) == (None, "no permission", "run `sudo`")

    def busy(port, baud):
        raise BodyError(f"{port}: another program uses this port")

    monkeypatch.setattr(probe, "permission_advice", lambda port: None)
    monkeypatch.setattr(probe, "SerialLink", busy)
    assert probe.probe("/dev/x").detail == "another program uses this port"
