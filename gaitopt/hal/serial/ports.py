"""Serial ports as the computer sees them, and what the user must fix before one can be used."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

SYSTEM = Path("/sys")
"""Where Linux shows its devices."""
SERIAL_CHIPS = {
    (0x10C4, 0xEA60): "CP210x",
    (0x1A86, 0x7523): "CH340",
    (0x1A86, 0x55D4): "CH9102",
    (0x0403, 0x6001): "FT232R",
    (0x0403, 0x6014): "FT232H",
}
"""USB chips of robot boards and adapters by (vendor, product), from Linux's cp210x, ch341 and ftdi_sio drivers."""
BEST_LATENCY_MS = 1
"""Latency timer at which an FTDI chip passes bytes on at once; the default is 16 (ROBOTIS DynamixelSDK#288)."""


@dataclass(frozen=True)
class PortInfo:
    """A serial port of this computer."""

    device: str
    """Name to open, such as /dev/ttyUSB0 or COM3."""
    description: str
    """Description that it reports."""

    def __str__(self) -> str:
        """Return one line for a list of ports."""
        text = self.description if self.description != "n/a" else "serial port"
        return f"{self.device} ({text})"


def permission_advice(port: str) -> str | None:
    """Return how to get permission to use a port, with the command; None if it is permitted."""
    path = Path(port)
    if not path.exists() or os.access(port, os.R_OK | os.W_OK):
        return None
    group = _group(path)
    if group in (None, "root") or not path.stat().st_mode & stat.S_IRGRP:
        return f"{port}: permission denied; run `sudo chmod a+rw {port}` each time it is plugged in"
    return (
        f"{port}: permission denied; run `sudo usermod -aG {group} $USER`, then log out and in again "
        "(a new terminal is not enough)"
    )


def latency_advice(port: str, root: Path = SYSTEM) -> str | None:
    """Return how to make a port's USB chip pass bytes on at once, with the command; None if it does, or has no timer.

    Args:
        port: such as /dev/ttyUSB0; links are followed.
        root: where Linux shows its devices.
    """
    timer = root / "bus/usb-serial/devices" / Path(os.path.realpath(port)).name / "latency_timer"
    try:
        latency_ms = int(timer.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    if latency_ms <= BEST_LATENCY_MS:
        return None
    return (
        f"{port}: its USB chip holds replies back for up to {latency_ms} ms; "
        f"run `echo {BEST_LATENCY_MS} | sudo tee {timer}` each time it is plugged in"
    )


def stolen_chip_advice(root: Path = SYSTEM) -> str | None:
    """Return what to do if a serial chip is plugged in but has no port; None if each has one.

    On Ubuntu and Debian the cause is most often brltty, a driver of braille displays, which takes CH340 and CP210x.
    """
    for device in sorted((root / "bus/usb/devices").glob("*")):
        chip = SERIAL_CHIPS.get(_usb_id(device))
        if chip and not _has_port(device):
            return (
                f"a {chip} serial chip is plugged in but has no port: another driver took it, most often brltty "
                "(for braille displays); if you do not need it, run `sudo apt remove brltty` and plug it in again"
            )
    return None


def _group(path: Path) -> str | None:
    try:
        return path.group()
    except (KeyError, NotImplementedError):
        return None


def _has_port(device: Path) -> bool:
    """Return whether one of a USB device's interfaces is a port, by a driver of its own or as a modem (ttyACM)."""
    interfaces = device.parent.glob(f"{device.name}:*")
    return any(any(interface.glob("ttyUSB*")) or any(interface.glob("tty/*")) for interface in interfaces)


def _usb_id(device: Path) -> tuple[int, int]:
    try:
        vendor, product = ((device / name).read_text(encoding="ascii") for name in ("idVendor", "idProduct"))
        return int(vendor, 16), int(product, 16)
    except (OSError, ValueError):
        return 0, 0
