"""Emulated Dynamixel servos on one half-duplex line: bytes and time in, bytes out.

Modeled after the vendor's manual (ROBOTIS-GIT/emanual docs/en/dxl/protocol2.md). Each status is sent when the line has
carried the instruction and all before it, after the servo's return delay; the replies to one burst of the host arrive
together, when their last byte is out, as with USB adapters. In a sync read each servo waits for the one before it in
the list: if that is missing, all after it stay silent (the vendor in DynamixelSDK#364).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress

from gaitopt.emulators.dynamixel.servo import BAUD_RATE, EmulatedServo, RefusedError
from gaitopt.emulators.firmware import Plant
from gaitopt.hal.dynamixel import codec
from gaitopt.hal.dynamixel.codec import BROADCAST, ErrorNumber, Instruction, Packet, PacketReader
from gaitopt.hal.dynamixel.tables import find_model

BITS_PER_BYTE = 10
"""Bits of a byte on the line: start bit, eight bits, stop bit."""
LONGEST_PAUSE = 0.1
"""Longest pause within a packet; the next byte begins a new one [s]. A guess: the vendor publishes none."""
PING_LEVEL, READ_LEVEL, WRITE_LEVEL = 0, 1, 2
"""Lowest status return level at which a servo replies to each kind of instruction."""


class DynamixelBus:
    """Firmware of all servos of a robot.

    Args:
        plant: the robot, in ticks; its servos are identified by their ids.
        models: model names of the servos by id, such as {1: "XL430-W250"}.
    """

    def __init__(self, plant: Plant, models: Mapping[int, str]) -> None:
        self._plant = plant
        self._reader = PacketReader()
        self._statuses: deque[tuple[float, bytes]] = deque()
        """Bursts that the servos are sending, with the time when the last byte is out [s]."""
        self._answers = b""
        self._line_free = 0.0
        self._fed_at = 0.0
        self.servos = [EmulatedServo(id, find_model(name), plant) for id, name in sorted(models.items())]
        """Servos in the order of their initial ids."""

    def servo(self, number: int) -> EmulatedServo:
        """Return the servo with this number on the plant."""
        return next(servo for servo in self.servos if servo.number == number)

    def kill(self, id: int) -> None:
        """Make a servo fail for good: deaf and limp."""
        self.servo(id).die()

    def feed(self, data: bytes, now: float) -> bytes:
        """Take one burst of bytes from the host and return what is sent by `now`."""
        self._pass_until(now)
        if now - self._fed_at > LONGEST_PAUSE:
            self._reader.clear()
        self._fed_at = now
        self._line_free = max(now, self._line_free) + len(data) * BITS_PER_BYTE / BAUD_RATE
        for packet in self._reader.feed(data):
            if packet.instruction != Instruction.STATUS:
                self._execute(packet, now)
        for id in self._reader.bad:
            for servo in self._named(id, now):
                self._refuse(servo, ErrorNumber.CRC)
        self._reader.bad.clear()
        if self._answers:
            self._statuses.append((self._line_free, self._answers))
            self._answers = b""
        return self._sent_by(now)

    def tick(self, now: float) -> bytes:
        """Let time pass until `now`, and return what is sent by then."""
        self._pass_until(now)
        return self._sent_by(now)

    def next_event(self) -> float | None:
        """Return the time when a status is out or a watchdog trips [s]; None if only the host changes anything."""
        times = [servo.trip_time for servo in self.servos] + [self._statuses[0][0] if self._statuses else None]
        return min((time for time in times if time is not None), default=None)

    def reset(self, now: float) -> bytes:
        """Power on: servos limp, RAM as after power-up; a dead servo stays dead."""
        self._plant.advance(now)
        self._statuses.clear()
        self._reader = PacketReader()
        self._line_free = self._fed_at = now
        for servo in self.servos:
            servo.power_up(now)
        return b""

    def _pass_until(self, now: float) -> None:
        self._plant.advance(now)
        for servo in self.servos:
            servo.check(now)

    def _sent_by(self, now: float) -> bytes:
        sent = b""
        while self._statuses and self._statuses[0][0] <= now:
            sent += self._statuses.popleft()[1]
        return sent

    def _listeners(self, now: float) -> list[EmulatedServo]:
        listening = [servo for servo in self.servos if servo.listens(now)]
        return sorted(listening, key=lambda servo: servo.values["id"])

    def _named(self, id: int, now: float) -> list[EmulatedServo]:
        return [servo for servo in self._listeners(now) if servo.values["id"] == id]

    def _execute(self, packet: Packet, now: float) -> None:
        listeners = self._listeners(now)
        for servo in listeners:
            servo.heard_at = now
        groups = {
            Instruction.SYNC_READ: self._sync_read,
            Instruction.FAST_SYNC_READ: self._fast_sync_read,
            Instruction.BULK_READ: self._bulk_read,
            Instruction.SYNC_WRITE: self._sync_write,
            Instruction.BULK_WRITE: self._bulk_write,
        }
        if packet.instruction in groups:
            if packet.id == BROADCAST:
                groups[Instruction(packet.instruction)](packet.parameters, now)
            return
        for servo in listeners:
            if packet.id in (BROADCAST, servo.values["id"]):
                self._execute_alone(servo, packet, now)

    def _execute_alone(self, servo: EmulatedServo, packet: Packet, now: float) -> None:
        address, rest = _number(packet.parameters), packet.parameters[2:]
        level, data, error = WRITE_LEVEL, b"", 0
        try:
            if packet.instruction == Instruction.PING:
                level, data = PING_LEVEL, servo.read(0, 2) + servo.read(6, 1)
            elif packet.instruction == Instruction.READ:
                level, data = READ_LEVEL, servo.read(address, _number(rest))
            elif packet.instruction == Instruction.WRITE:
                servo.write(address, rest)
            elif packet.instruction == Instruction.REGISTER_WRITE:
                servo.register_write(address, rest)
            elif packet.instruction == Instruction.ACTION:
                servo.action()
            elif packet.instruction != Instruction.REBOOT:
                raise RefusedError(ErrorNumber.INSTRUCTION)
        except RefusedError as refused:
            error = refused.number
        # All servos reply to a broadcast ping, in the order of their ids.
        if packet.id != BROADCAST or packet.instruction == Instruction.PING:
            self._answer(servo, level, data, error)
        if packet.instruction == Instruction.REBOOT:
            servo.reboot(now)

    def _refuse(self, servo: EmulatedServo, number: ErrorNumber) -> None:
        self._answer(servo, WRITE_LEVEL, error=number)

    def _answer(self, servo: EmulatedServo, level: int, data: bytes = b"", error: int = 0) -> None:
        if servo.values["status_return_level"] >= level:
            self._send(codec.status(servo.values["id"], error | servo.alert, data), servo.return_delay)

    def _send(self, status: bytes, delay: float) -> None:
        self._line_free += delay + len(status) * BITS_PER_BYTE / BAUD_RATE
        self._answers += status

    def _in_turn(self, ids: Iterable[int], now: float) -> Iterable[EmulatedServo]:
        """Iterate over the queried servos, up to the first that is missing or does not reply to reads."""
        listeners = {servo.values["id"]: servo for servo in self._listeners(now)}
        for id in ids:
            servo = listeners.get(id)
            if servo is None or servo.values["status_return_level"] < READ_LEVEL:
                return
            yield servo

    def _read_in_turn(self, spans: Mapping[int, tuple[int, int]], now: float) -> None:
        for servo in self._in_turn(spans, now):
            try:
                self._answer(servo, READ_LEVEL, servo.read(*spans[servo.values["id"]]))
            except RefusedError as refused:
                self._refuse(servo, refused.number)

    def _sync_read(self, parameters: bytes, now: float) -> None:
        span = (_number(parameters), _number(parameters[2:]))
        self._read_in_turn(dict.fromkeys(parameters[4:], span), now)

    def _bulk_read(self, parameters: bytes, now: float) -> None:
        rows = [parameters[i : i + 5] for i in range(0, len(parameters) - 4, 5)]
        self._read_in_turn({row[0]: (_number(row[1:]), _number(row[3:])) for row in rows}, now)

    def _fast_sync_read(self, parameters: bytes, now: float) -> None:
        address, length, ids = _number(parameters), _number(parameters[2:]), parameters[4:]
        servos = list(self._in_turn(ids, now))
        try:
            data = [servo.read(address, length) for servo in servos]
        except RefusedError:
            return
        if servos:
            alerts = [servo.alert for servo in servos]
            answering = [servo.values["id"] for servo in servos]
            self._send(codec.fast_sync_status(answering, alerts, data, len(ids)), servos[0].return_delay)

    def _sync_write(self, parameters: bytes, now: float) -> None:
        address, length, rest = _number(parameters), _number(parameters[2:]), parameters[4:]
        for i in range(0, len(rest) - length, length + 1):
            self._write_silently(rest[i], address, rest[i + 1 : i + 1 + length], now)

    def _bulk_write(self, parameters: bytes, now: float) -> None:
        while len(parameters) >= 5:
            end = 5 + _number(parameters[3:])
            self._write_silently(parameters[0], _number(parameters[1:]), parameters[5:end], now)
            parameters = parameters[end:]

    def _write_silently(self, id: int, address: int, data: bytes, now: float) -> None:
        for servo in self._named(id, now):
            with suppress(RefusedError):  # there is no reply to a write to several servos
                servo.write(address, data)


def _number(data: bytes) -> int:
    return int.from_bytes(data[:2], "little")
