"""Queries to Dynamixel servos on a link, and their replies; names and numbers outside, packets inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gaitopt.errors import BodyError, MissedReplyError
from gaitopt.hal.dynamixel import codec
from gaitopt.hal.dynamixel.codec import ALERT, ErrorNumber, Instruction, Packet, PacketReader
from gaitopt.hal.dynamixel.tables import Register
from gaitopt.hal.link import Link

PATIENCE_S = 0.025
"""Longest delay of a reply: by default, a USB adapter with an FTDI chip holds bytes back for 16 ms [s]."""
TRIES = 2
"""Number of times a query is sent; all queries here may be repeated without harm."""
LONGEST_RETURN_DELAY_S = 508e-6
"""Return delay of a servo, before it is configured [s]."""
BITS_PER_BYTE = 10
STATUS_BYTES = 11
"""Length of a status packet without parameters [bytes]."""


class PingReply(NamedTuple):
    """Identity of a servo."""

    model_number: int
    """Model number in the vendor's list."""
    firmware: int
    """Version of its firmware."""


class ServoBus:
    """Servos on a link. Every call ends within a bounded time."""

    def __init__(self, link: Link, baud_rate: int) -> None:
        self._link = link
        self._baud_rate = baud_rate
        self._reader = PacketReader()

    @property
    def name(self) -> str:
        """Name of the line for errors."""
        return f"{self._link.name} at {self._baud_rate} baud"

    def duration(self, asked: int, statuses: int, length: int) -> float:
        """Return how long the line is busy with `asked` bytes and with status packets of `length` bytes of data [s]."""
        return (asked + statuses * (STATUS_BYTES + length)) * BITS_PER_BYTE / self._baud_rate

    def ping(self, id: int) -> PingReply | None:
        """Return the identity of a servo; None if it does not answer."""
        reply = self._ask(codec.ping(id), [id], 3).get(id)
        if reply is None or reply.error_text:
            return None
        return PingReply(int.from_bytes(reply.parameters[:2], "little"), reply.parameters[2])

    def read(self, id: int, register: Register) -> int:
        """Return the value of a servo's register.

        Raises:
            MissedReplyError: it does not answer.
            BodyError: it refuses.
        """
        data = self._ask_one(id, codec.read(id, register.address, register.size), register.size, register.name)
        return register.decode(data)

    def write(self, id: int, register: Register, value: int) -> None:
        """Set a servo's register and wait for its confirmation.

        Raises:
            MissedReplyError: it does not answer.
            BodyError: it refuses.
        """
        name = f"{register.name} = {value}"
        self._ask_one(id, codec.write(id, register.address, register.encode(value)), 0, name)

    def sync_read(self, ids: Sequence[int], first: Register, last: Register | None = None) -> dict[int, Packet]:
        """Return the replies of all servos to a query of the registers from `first` to `last`, by id.

        Raises:
            MissedReplyError: some do not answer.
            BodyError: some refuse.
        """
        length = (last or first).end - first.address
        replies = self._ask(codec.sync_read(first.address, length, ids), ids, length)
        if silent := [id for id in ids if id not in replies]:
            # Each servo waits for the one before it, so the first silent one may silence the others.
            others = f" (nor did {', '.join(map(str, silent[1:]))} after it)" if silent[1:] else ""
            raise MissedReplyError(f"{self._link.name}: servo {silent[0]} did not answer{others}; check its cable")
        for reply in replies.values():
            if reply.error_text:
                raise BodyError(f"{self._link.name}: servo {reply.id} refused {first.name}: {reply.error_text}")
        return replies

    def sync_read_values(self, ids: Sequence[int], register: Register) -> list[int]:
        """Return one register of all servos, in the order of `ids`.

        Raises:
            MissedReplyError: some do not answer.
        """
        replies = self.sync_read(ids, register)
        return [register.decode(replies[id].parameters) for id in ids]

    def sync_write(self, register: Register, values: Mapping[int, int]) -> None:
        """Set one register of several servos, {id: value}, at once; there is no reply."""
        self._link.write(sync_write_packet(register, values))

    def _ask_one(self, id: int, packet: bytes, length: int, what: str) -> bytes:
        reply = self._ask(packet, [id], length).get(id)
        if reply is None:
            raise MissedReplyError(f"{self._link.name}: servo {id} did not answer ({what}); check its cable")
        if reply.error_text:
            raise BodyError(f"{self._link.name}: servo {id} refused {what}: {reply.error_text}")
        return reply.parameters

    def _ask(self, packet: bytes, ids: Sequence[int], length: int) -> dict[int, Packet]:
        """Return the replies with `length` bytes of data, and refusals, after at most `TRIES` tries."""
        for _ in range(TRIES):
            self._link.flush_input()
            self._reader.clear()
            self._link.write(packet)
            replies = self._replies(ids, length, len(packet))
            if len(replies) == len(ids):
                break
        return replies

    def _replies(self, ids: Sequence[int], length: int, asked: int) -> dict[int, Packet]:
        busy = self.duration(asked, len(ids), length) + len(ids) * LONGEST_RETURN_DELAY_S
        deadline = self._link.now() + busy + PATIENCE_S
        replies: dict[int, Packet] = {}
        while len(replies) < len(ids) and (left := deadline - self._link.now()) > 0:
            for reply in self._reader.feed(self._link.read(left)):
                if reply.instruction == Instruction.STATUS and reply.id in ids and _is_answer(reply, length):
                    replies[reply.id] = reply
        return replies


def _is_answer(reply: Packet, length: int) -> bool:
    """Return whether a status answers the query, so that it need not be repeated."""
    if reply.error & ~ALERT == ErrorNumber.CRC:
        return False
    # Servos sometimes send a status that is too short (DynamixelSDK#665).
    return len(reply.parameters) == length or bool(reply.error_text)


def sync_write_packet(register: Register, values: Mapping[int, int]) -> bytes:
    """Return the packet that sets one register of several servos, {id: value}."""
    return codec.sync_write(register.address, {id: register.encode(value) for id, value in values.items()})
