"""Identify the device on a serial port: an OpenCat robot, Dynamixel servos or a light gate. Nothing moves."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass

from gaitopt.errors import BodyError
from gaitopt.hal.dynamixel import codec
from gaitopt.hal.dynamixel.codec import BROADCAST, PacketReader
from gaitopt.hal.dynamixel.tables import model_name
from gaitopt.hal.link import Link
from gaitopt.hal.opencat.driver import OpenCatDriver
from gaitopt.hal.serial import light_gate
from gaitopt.hal.serial.ports import latency_advice, permission_advice
from gaitopt.hal.serial.serial_link import SerialLink
from gaitopt.hal.wiring import servo_map
from gaitopt.robot.spec import load_robot

DYNAMIXEL_BAUDS = (1_000_000, 57_600)
"""Usual speed, and that of new servos [bit/s]."""
GATE_TIME = 3.0
"""Longest time until a light gate answers [s]; its board may restart when the port is opened."""
PING_TIME = 1.0
"""All of 253 servos answer a broadcast within this time at 57600 baud [s]."""


@dataclass(frozen=True)
class Found:
    """A serial port and the device on it."""

    port: str
    """Name of the port."""
    body: str | None
    """Address of the body that answered; None if none did."""
    detail: str
    """Device that answered, or why none could be queried."""
    advice: str | None = None
    """What to fix, with the command that does it."""
    stopwatch: str | None = None
    """Address of the light gate that answered; None if none did."""


def probe(port: str) -> Found:
    """Identify the device at a port; a board that resets when its port is opened will do so."""
    advice = permission_advice(port)
    if advice is not None:
        return Found(port, None, "no permission", advice)
    try:
        found = _dynamixel(port) or _gate(port) or _opencat(port)
    except BodyError as error:
        return Found(port, None, str(error).removeprefix(f"{port}: "))
    return found or Found(port, None, "no robot answers")


def _dynamixel(port: str) -> Found | None:
    for baud in DYNAMIXEL_BAUDS:
        with closing(SerialLink(port, baud)) as link:
            servos = ping_all(link)
        if servos:
            ids = ", ".join(f"{id} ({name})" for id, name in sorted(servos.items()))
            speed = "" if baud == DYNAMIXEL_BAUDS[0] else f"?baud={baud}"
            return Found(port, f"dynamixel:{port}{speed}", f"Dynamixel servos {ids}", latency_advice(port))
    return None


def ping_all(link: Link) -> dict[int, str]:
    """Return the model of every servo that answers a broadcast ping, by id."""
    reader, servos = PacketReader(), {}
    link.flush_input()
    link.write(codec.ping(BROADCAST))
    deadline = link.now() + PING_TIME
    while (left := deadline - link.now()) > 0:
        for packet in reader.feed(link.read(left)):
            if packet.instruction == codec.Instruction.STATUS and len(packet.parameters) >= 3:
                servos[packet.id] = model_name(int.from_bytes(packet.parameters[:2], "little"))
    return servos


def _gate(port: str) -> Found | None:
    with closing(SerialLink(port, light_gate.BAUD)) as link, suppress(BodyError):
        light_gate.LightGate(link).configure(GATE_TIME)
        return Found(port, None, "a light gate", stopwatch=f"gate:{port}")
    return None


def _opencat(port: str) -> Found | None:
    robot = load_robot("petoi-bittle")
    driver = OpenCatDriver(SerialLink(port, OpenCatDriver.usual_baud), servo_map(robot), "")
    with closing(driver), suppress(BodyError):
        info = driver.open()
        return Found(port, f"opencat:{port}", f"{info.model}, firmware {info.firmware} ({info.dialect})")
    return None
