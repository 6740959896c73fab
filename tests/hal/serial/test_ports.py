"""What the computer reports about its serial ports, checked with made-up device trees."""

import os

import pytest

from gaitopt.hal.serial import ports
from gaitopt.hal.serial.ports import PortInfo, latency_advice, permission_advice, stolen_chip_advice


@pytest.fixture
def timer(tmp_path):
    """The latency timer of ttyUSB0 in a made-up /sys."""
    file = tmp_path / "bus/usb-serial/devices/ttyUSB0/latency_timer"
    file.parent.mkdir(parents=True)
    return file


def test_a_slow_chip_is_reported_with_the_command(tmp_path, timer):
    timer.write_text("16\n")
    advice = latency_advice("/dev/ttyUSB0", tmp_path)
    assert advice.startswith("/dev/ttyUSB0: its USB chip holds replies back for up to 16 ms; ")
    assert f"`echo 1 | sudo tee {timer}`" in advice


@pytest.mark.parametrize("text", ["1\n", "0\n", "not a number"])
def test_a_fast_chip_needs_nothing(tmp_path, timer, text):
    timer.write_text(text)
    assert latency_advice("/dev/ttyUSB0", tmp_path) is None


def test_a_port_without_a_timer_needs_nothing(tmp_path):
    assert latency_advice("/dev/ttyUSB0", tmp_path) is None
    assert latency_advice("COM3", tmp_path) is None


def test_a_port_named_by_a_link_is_followed(tmp_path, timer):
    timer.write_text("16\n")
    (tmp_path / "ttyUSB0").touch()
    link = tmp_path / "usb-ROBOTIS_U2D2"
    link.symlink_to(tmp_path / "ttyUSB0")
    assert "16 ms" in latency_advice(str(link), tmp_path)


@pytest.fixture
def forbidden(tmp_path, monkeypatch):
    """A port that this user may not open."""
    port = tmp_path / "ttyUSB0"
    port.touch()
    port.chmod(0o660)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    return port


def test_a_group_is_reported_with_the_command(forbidden, monkeypatch):
    monkeypatch.setattr(ports, "_group", lambda path: "dialout")
    advice = permission_advice(str(forbidden))
    assert advice.startswith(f"{forbidden}: permission denied; run `sudo usermod -aG dialout $USER`, then log out")


@pytest.mark.parametrize(("group", "mode"), [("root", 0o660), (None, 0o660), ("dialout", 0o600)])
def test_nobody_is_sent_into_a_group_that_does_not_help(forbidden, monkeypatch, group, mode):
    monkeypatch.setattr(ports, "_group", lambda path: group)
    forbidden.chmod(mode)
    advice = permission_advice(str(forbidden))
    assert f"`sudo chmod a+rw {forbidden}`" in advice
    assert "usermod" not in advice


def test_a_port_that_may_be_used_or_is_not_there_needs_nothing(tmp_path):
    (tmp_path / "port").touch()
    assert permission_advice(str(tmp_path / "port")) is None
    assert permission_advice(str(tmp_path / "none")) is None


def plug_in(root, name, vendor, product, port=None):
    device = root / "bus/usb/devices" / name
    device.mkdir(parents=True)
    (device / "idVendor").write_text(f"{vendor}\n")
    (device / "idProduct").write_text(f"{product}\n")
    interface = root / "bus/usb/devices" / f"{name}:1.0"
    interface.mkdir()
    if port:
        (interface / port).mkdir(parents=True)


def test_a_chip_without_a_port_was_taken_by_brltty(tmp_path):
    plug_in(tmp_path, "1-1", "046d", "c077")  # a mouse
    plug_in(tmp_path, "1-2", "10c4", "ea60", "ttyUSB0")
    plug_in(tmp_path, "1-4", "1a86", "55d4", "tty/ttyACM0")
    assert stolen_chip_advice(tmp_path) is None
    plug_in(tmp_path, "1-3", "1a86", "7523")
    advice = stolen_chip_advice(tmp_path)
    assert advice.startswith("a CH340 serial chip is plugged in but has no port")
    assert "`sudo apt remove brltty`" in advice


def test_a_computer_without_such_a_tree_needs_nothing(tmp_path):
    assert stolen_chip_advice(tmp_path) is None


def test_a_port_is_shown_with_its_description():
    assert str(PortInfo("COM3", "USB Serial Port")) == "COM3 (USB Serial Port)"
