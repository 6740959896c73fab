"""Emulated OpenCat firmware: Petoi Bittle on a BiBoard or NyBoard, with the faults and delays of the real one.

Source: PetoiCamp OpenCatEsp32 (OpenCatEsp32.ino, src/OpenCat.h initRobot(), src/reaction.h lowBattery() and
dealWithExceptions()) and PetoiCamp OpenCat for the NyBoard. There is no host watchdog: a gait continues forever.
"""

from __future__ import annotations

from collections.abc import Collection
from math import floor, inf

import numpy as np

from gaitopt.emulators.firmware import Plant
from gaitopt.emulators.opencat.board import BITTLE_SERVOS, Board, Delay, Listen, Motion, Program
from gaitopt.emulators.opencat.tokens import CommandHandler
from gaitopt.hal.opencat.dialect import BIBOARD, Dialect

BATTERY_CHECK = 1.0
"""Time between two checks of the battery [s]."""
BATTERY_CHECK_NYBOARD = 10.0
"""The same on NyBoard [s]."""
LOW_VOLTAGE = 7.0
"""Voltage below which two lithium cells are low [V]."""
ENOUGH_ABOVE = 0.2
"""Hysteresis above the low voltage until the battery is good again [V]."""
WARN_EVERY = 10
"""Number of checks from one warning to the next."""
REFLEX_CHECK = 0.02
"""Time between two checks of the IMU while nothing else happens [s]."""
TURN = 1e-5
"""Duration of an idle turn of the main loop [s]."""
FALLEN_ROLL_DEG = 85.0
NOSE_DOWN_DEG = 75.0
NOSE_UP_DEG = -50.0


class OpenCatFirmware:
    """Firmware of one robot; see `Firmware` for the calls.

    Args:
        plant: the robot; its servos are numbered as OpenCat's joints, 0 to 15, in degrees.
        rng: random generator for what the firmware randomizes (posture offsets, mirrored skills).
        dialect: dialect of the firmware.
        model: model line; by default Bittle's on that board.
        servos: joints with a servo.
    """

    def __init__(
        self,
        plant: Plant,
        rng: np.random.Generator,
        dialect: Dialect = BIBOARD,
        model: str | None = None,
        servos: Collection[int] = BITTLE_SERVOS,
    ) -> None:
        name = model or ("Bittle" if dialect.name == "nyboard" else "Bittle X")
        self._board = Board(plant, rng, dialect, name, servos)
        self._program: Program = self._run()
        self._wake = inf
        self._listens = False

    def feed(self, data: bytes, now: float) -> bytes:
        """Take one burst of bytes and return what is sent by `now` [s]."""
        self._advance(now)
        self._board.received += data
        if data and self._listens:
            self._wake = now
        return self.tick(now)

    def tick(self, now: float) -> bytes:
        """Let time pass until `now` [s], and return what is sent by then."""
        self._advance(now)
        self._board.plant.advance(now)
        output = bytes(self._board.sent)
        self._board.sent.clear()
        return output

    def next_event(self) -> float | None:
        """Return the time when the firmware continues by itself [s]."""
        return None if self._wake == inf else self._wake

    def reset(self, now: float) -> bytes:
        """Power on: servos limp, then the boot sequence, which ends in the rest pose with the servos off."""
        self._board.time = now
        self._board.received.clear()
        self._board.sent.clear()
        Motion(self._board).shut()
        self._program = self._run()
        self._wake, self._listens = now, False
        return self.tick(now)

    def _advance(self, now: float) -> None:
        while self._wake <= now:
            self._board.time = self._wake
            pause = next(self._program)
            self._listens = isinstance(pause, Listen)
            waits = 0.0 if self._listens and self._board.received else max(pause.seconds, TURN)
            self._wake = self._board.time + waits

    def _run(self) -> Program:
        """Boot, then the main loop."""
        self._motion = Motion(self._board)
        self._commands = CommandHandler(self._board, self._motion)
        self._battery_checks = -1
        self._voltage = 0.0
        self._warnings = 0
        self._was_lifted = False
        self._tilt_due = 0.0
        yield from self._boot()
        while True:
            yield from self._check_battery()
            if self._board.received:
                yield from self._commands.command.read()
                yield from self._commands.react()
            else:
                yield from self._check_tilt()
            self._stream_tilt()
            yield from self._commands.perform()
            if not self._commands.plays_gait:
                yield Listen(self._patience())

    def _boot(self) -> Program:
        board = self._board
        board.say("k")
        if board.nyboard:
            board.say("\n* Start *")
            board.say(board.model)
            board.say(board.dialect.version)
            yield Delay(1.5)
        else:
            board.say("Flush the serial buffer...")
            board.say("\n* Start *")
            board.say(board.model)
            board.say(f"Software version: {board.dialect.version}")
            yield Delay(1.6)
            board.say("Build skill list...93")
            yield Delay(0.4)
            board.say("TaskQ")
            yield from self._commands.player.load("rest")
            yield Delay(1.0)
            self._commands.say_tilt()
        board.say("Ready!")
        self._commands.command.token = "d"
        yield from self._commands.react()

    def _patience(self) -> float:
        """Return how long the loop may wait for bytes before something else is due [s]."""
        if self._commands.reflexes or self._commands.print_tilt:
            return REFLEX_CHECK
        next_check = (self._battery_checks + 1) * self._battery_period
        return max(next_check - self._board.time, TURN)

    @property
    def _battery_period(self) -> float:
        return BATTERY_CHECK_NYBOARD if self._board.nyboard else BATTERY_CHECK

    def _check_battery(self) -> Program:
        checks = floor(self._board.time / self._battery_period + 1e-9)
        if checks <= self._battery_checks:
            return
        self._battery_checks = checks
        self._board.plant.advance(self._board.time)
        voltage, before = self._board.plant.voltage(), self._voltage
        self._voltage = voltage
        if voltage < LOW_VOLTAGE and abs(voltage - before) < ENOUGH_ABOVE:
            yield from self._low_power(voltage)
        elif self._motion.low_battery and voltage > LOW_VOLTAGE + ENOUGH_ABOVE:
            self._motion.low_battery = False
            self._warnings = 0
            self._board.say(f"Got {voltage:.2f} V power")
            self._board.say("Reactivating servo PWM signals after power restoration...")
            yield from self._commands.player.load("rest")

    def _low_power(self, voltage: float) -> Program:
        if self._board.nyboard:
            self._board.say(f"Low power:{int(voltage)}V")
            yield Delay(2.0)
            return
        if not self._motion.low_battery:
            self._motion.low_battery = True
            yield from self._commands.player.load("rest")
            self._commands.last_skill = "rest"
            self._motion.shut()
        if self._warnings == 0:
            self._board.say(f"Low power: {voltage:.2f}V. The robot won't move.")
            self._board.say("Long-press the battery's button to turn it on!")
        self._warnings = (self._warnings + 1) % WARN_EVERY

    def _check_tilt(self) -> Program:
        """Act on a fall or a lift, unless the reflexes are off."""
        if not self._commands.reflexes:
            return
        roll, pitch, _ = self._board.tilt_deg()
        lifted = not NOSE_UP_DEG <= pitch <= NOSE_DOWN_DEG
        if abs(roll) > FALLEN_ROLL_DEG:
            self._board.say("EXCEPTION: Fall over")
            yield from self._commands.run("rc")
        elif lifted and not self._was_lifted and not self._board.nyboard and self._commands.player.skill.period == 1:
            yield from self._commands.run("lifted" if pitch < NOSE_UP_DEG else "dropped")
        self._was_lifted = lifted

    def _stream_tilt(self) -> None:
        if self._commands.print_tilt and self._board.time >= self._tilt_due:
            self._tilt_due = self._board.time + REFLEX_CHECK
            self._commands.say_tilt()
