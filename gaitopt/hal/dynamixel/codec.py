"""Dynamixel Protocol 2.0 as pure functions: values to the bytes on the line, and bytes to packets.

An instruction is `FF FF FD 00 ID LENGTH(2) INSTRUCTION parameters CRC(2)`; a status is the same with the instruction
0x55 and one error byte before its parameters. LENGTH counts what follows it; all numbers are little-endian. Where
`FF FF FD` occurs from the instruction to the last parameter, an extra `FD` follows it on the line ("stuffing"); LENGTH
and CRC see the stuffed bytes.

Source: the vendor's manual, ROBOTIS-GIT/emanual docs/en/dxl/protocol2.md and crc.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple

from gaitopt.errors import InputError

HEADER = b"\xff\xff\xfd\x00"
BROADCAST = 0xFE
"""The id that addresses every servo."""
HIGHEST_ID = 252
ALERT = 0x80
"""Bit of the error byte: the servo's hardware error register is not 0."""
LONGEST = 1024
"""Largest LENGTH that is accepted; more is taken for noise (as in the vendor's DynamixelSDK)."""


class Instruction(IntEnum):
    """Instruction of a packet; STATUS marks a reply."""

    PING = 0x01
    READ = 0x02
    WRITE = 0x03
    REGISTER_WRITE = 0x04
    ACTION = 0x05
    REBOOT = 0x08
    STATUS = 0x55
    SYNC_READ = 0x82
    SYNC_WRITE = 0x83
    FAST_SYNC_READ = 0x8A
    BULK_READ = 0x92
    BULK_WRITE = 0x93


class ErrorNumber(IntEnum):
    """The low seven bits of a status packet's error byte."""

    NONE = 0
    RESULT_FAIL = 1
    INSTRUCTION = 2
    CRC = 3
    DATA_RANGE = 4
    DATA_LENGTH = 5
    DATA_LIMIT = 6
    ACCESS = 7


ERROR_TEXTS: dict[int, str] = {
    ErrorNumber.RESULT_FAIL: "it failed to carry out the instruction",
    ErrorNumber.INSTRUCTION: "it does not know the instruction",
    ErrorNumber.CRC: "the packet arrived damaged",
    ErrorNumber.DATA_RANGE: "the value is out of the register's range",
    ErrorNumber.DATA_LENGTH: "too few bytes for the register",
    ErrorNumber.DATA_LIMIT: "the value is out of the limits set in the servo",
    ErrorNumber.ACCESS: "the register is read-only, unknown, or locked while the torque is on",
}


class Packet(NamedTuple):
    """One packet as received, without stuffing."""

    id: int
    """Id of the servo that is addressed, or that replies."""
    instruction: int
    """An `Instruction`, or an unknown number."""
    parameters: bytes
    """Parameters, without the error byte of a status."""
    error: int
    """The error byte of a status; 0 in an instruction."""
    wire: bytes
    """The whole packet as on the line."""

    @property
    def error_text(self) -> str:
        """Meaning of the error number; empty without an error."""
        number = self.error & ~ALERT
        return ERROR_TEXTS.get(number, f"error {number}") if number else ""


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        remainder = byte << 8
        for _ in range(8):
            remainder = (remainder << 1) ^ (0x8005 if remainder & 0x8000 else 0)
        table.append(remainder & 0xFFFF)
    return tuple(table)


_CRC_TABLE = _crc_table()


def crc16(data: bytes, start: int = 0) -> int:
    """Return the CRC-16/BUYPASS of bytes (polynomial 0x8005, most significant bit first), continued from `start`."""
    crc = start
    for byte in data:
        crc = (crc << 8 & 0xFFFF) ^ _CRC_TABLE[crc >> 8 ^ byte]
    return crc


def stuff(body: bytes) -> bytes:
    """Return bytes with stuffing, so that no header occurs in them."""
    return body.replace(b"\xff\xff\xfd", b"\xff\xff\xfd\xfd")


def unstuff(body: bytes) -> bytes:
    """Return bytes without stuffing."""
    return body.replace(b"\xff\xff\xfd\xfd", b"\xff\xff\xfd")


def _packet(id: int, body: bytes) -> bytes:
    if not (0 <= id <= HIGHEST_ID or id == BROADCAST):
        raise InputError(f"servo id {id}: expected 0 to {HIGHEST_ID}, or {BROADCAST} for all")
    stuffed = stuff(body)
    length = len(stuffed) + 2
    if length > LONGEST:
        raise InputError(f"a packet of length {length} is too long: at most {LONGEST}")
    data = HEADER + bytes([id]) + length.to_bytes(2, "little") + stuffed
    return data + crc16(data).to_bytes(2, "little")


def instruction(id: int, number: int, parameters: bytes = b"") -> bytes:
    """Return an instruction packet.

    Raises:
        InputError: the id is out of range, or there are too many parameters.
    """
    return _packet(id, bytes([number]) + parameters)


def status(id: int, error: int = 0, parameters: bytes = b"") -> bytes:
    """Return a status packet, a servo's reply."""
    return _packet(id, bytes([Instruction.STATUS, error]) + parameters)


def ping(id: int = BROADCAST) -> bytes:
    """Return the packet that queries model number and firmware version; of every servo by default."""
    return instruction(id, Instruction.PING)


def read(id: int, address: int, length: int) -> bytes:
    """Return the packet that reads `length` bytes of registers from `address` on."""
    return instruction(id, Instruction.READ, _span(address, length))


def write(id: int, address: int, data: bytes) -> bytes:
    """Return the packet that writes registers from `address` on."""
    return instruction(id, Instruction.WRITE, address.to_bytes(2, "little") + data)


def sync_read(address: int, length: int, ids: Iterable[int]) -> bytes:
    """Return the packet that reads the same registers of several servos; each sends a status in turn."""
    return instruction(BROADCAST, Instruction.SYNC_READ, _span(address, length) + bytes(ids))


def sync_write(address: int, data: Mapping[int, bytes]) -> bytes:
    """Return the packet that writes the same registers of several servos, {id: bytes}; there is no reply.

    Raises:
        InputError: the numbers of bytes differ.
    """
    lengths = sorted({len(value) for value in data.values()})
    if len(lengths) != 1:
        raise InputError(f"sync write at {address}: got {lengths} bytes for different servos; expected the same number")
    values = b"".join(bytes([id]) + value for id, value in data.items())
    return instruction(BROADCAST, Instruction.SYNC_WRITE, _span(address, lengths[0]) + values)


def fast_sync_status(ids: Sequence[int], errors: Sequence[int], data: Sequence[bytes], expected: int) -> bytes:
    """Return the status that servos send together in reply to a fast sync read of `expected` servos.

    After the header come `ERROR ID data CRC` of each, every CRC over all before it. If fewer than `expected` reply,
    the packet breaks off after the last one, as on the line.
    """
    length = 1 + expected * (4 + len(data[0]))
    packet = HEADER + bytes([BROADCAST]) + length.to_bytes(2, "little") + bytes([Instruction.STATUS])
    for id, error, value in zip(ids, errors, data, strict=True):
        packet += bytes([error, id]) + value
        packet += crc16(packet).to_bytes(2, "little")
    return packet


def _span(address: int, length: int) -> bytes:
    return address.to_bytes(2, "little") + length.to_bytes(2, "little")


class PacketReader:
    """Finds packets in a stream of bytes that may begin anywhere, contain noise and arrive in any pieces."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.bad: list[int] = []
        """Ids of packets that were dropped for a wrong CRC, oldest first; the caller may clear it."""

    def clear(self) -> None:
        """Discard a partial packet."""
        self._buffer.clear()

    def feed(self, data: bytes) -> list[Packet]:
        """Return the packets that these bytes complete."""
        self._buffer += data
        packets = []
        while (wire := self._next()) is not None:
            if crc16(wire[:-2]) == int.from_bytes(wire[-2:], "little"):
                packets.append(_decode(wire))
                del self._buffer[: len(wire)]
            else:
                self.bad.append(wire[4])
                del self._buffer[0]  # only this byte: a valid packet may begin inside the invalid one
        return packets

    def _next(self) -> bytes | None:
        """Return the next bytes that have the form of a packet, from the start of the buffer; None if none are yet."""
        while True:
            start = self._buffer.find(HEADER)
            if start < 0:
                del self._buffer[: max(0, len(self._buffer) - len(HEADER) + 1)]  # keep what may begin a header
                return None
            del self._buffer[:start]
            if len(self._buffer) < 8:
                return None
            length = int.from_bytes(self._buffer[5:7], "little")
            least = 4 if self._buffer[7] == Instruction.STATUS else 3
            if least <= length <= LONGEST and self._buffer[4] not in (0xFD, 0xFF):
                return bytes(self._buffer[: 7 + length]) if len(self._buffer) >= 7 + length else None
            del self._buffer[0]


def _decode(wire: bytes) -> Packet:
    body = unstuff(wire[7:-2])
    if body[0] == Instruction.STATUS:
        return Packet(wire[4], body[0], body[2:], body[1], wire)
    return Packet(wire[4], body[0], body[1:], 0, wire)
