"""Checks and setup of a Dynamixel robot before it may move."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gaitopt.errors import BodyError
from gaitopt.hal.dynamixel.bus import PingReply, ServoBus
from gaitopt.hal.dynamixel.tables import FACTORY_BAUD_RATE, POSITION_MODE, Model, model_name
from gaitopt.hal.servo_map import ServoSlot

OLDEST_FIRMWARE = 38
"""Oldest version with a bus watchdog and a drive mode."""


def find_servos(bus: ServoBus, ids: Sequence[int], model: Model) -> list[PingReply]:
    """Return the identities of all servos, in the order of `ids`.

    Raises:
        BodyError: some do not answer, are of another model, or too old.
    """
    found = {id: reply for id in ids if (reply := bus.ping(id)) is not None}
    missing = [id for id in ids if id not in found]
    if not found:
        raise BodyError(
            f"{bus.name}: none of the servos {listed(ids)} answers; check that they have power and that the baud rate "
            f"is theirs (by default {FACTORY_BAUD_RATE}, often set to 1000000)"
        )
    if missing:
        raise BodyError(f"{bus.name}: servos {listed(missing)} do not answer; check their cables and ids")
    for id, reply in found.items():
        if reply.model_number != model.number:
            name = model_name(reply.model_number)
            raise BodyError(f"{bus.name}: servo {id} is {name}, expected {model.name}; is it this robot?")
        if reply.firmware < OLDEST_FIRMWARE:
            old = f"firmware {reply.firmware}, expected {OLDEST_FIRMWARE} or later"
            raise BodyError(f"{bus.name}: servo {id} has {old}; update it with the vendor's Dynamixel Wizard")
    return [found[id] for id in ids]


def set_up(bus: ServoBus, slot: ServoSlot, model: Model) -> list[str]:
    """Write what differs into a servo's permanent memory, which wears out, and return what was written.

    The memory is locked while the torque is on: if anything differs, the servo goes limp first.
    """
    wanted = {
        "return_delay_time": 0,
        "drive_mode": 0,
        "operating_mode": POSITION_MODE,
        "min_position_limit": slot.lowest,
        "max_position_limit": slot.highest,
        "shutdown": model["shutdown"].factory,
    }
    stored = {name: bus.read(slot.id, model[name]) for name in wanted}
    different = {name: value for name, value in wanted.items() if stored[name] != value}
    if different:
        bus.write(slot.id, model["torque_enable"], 0)
    for name, value in different.items():
        bus.write(slot.id, model[name], value)
    return [f"servo {slot.id}: {name} {stored[name]} -> {value}" for name, value in different.items()]


def listed(ids: Iterable[int]) -> str:
    """Return ids for an error."""
    return ", ".join(map(str, ids))
