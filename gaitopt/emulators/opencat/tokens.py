"""Commands of emulated OpenCat firmware: one handler for each token.

Source: PetoiCamp OpenCatEsp32 src/reaction.h, reaction(), and OpenCat src/reaction.h for the NyBoard. Tokens that
neither move the robot nor are used by the driver are only echoed.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, radians, sin

from gaitopt.emulators.opencat.board import Board, Delay, Motion, Program
from gaitopt.emulators.opencat.motion_tokens import MotionTokens, number
from gaitopt.emulators.opencat.player import SLOWEST_DELAY_MS
from gaitopt.hal.opencat.codec import JOINTS

OVERHEAD = 0.0005
"""Duration of a command without its motion, by the measured reply times [s]."""
BEEP_TIME = 0.005
"""Duration of NyBoard's beep [s]."""
TILT_SPACING = 0.2
"""Shortest time between two IMU lines of the firmware of 2026 [s]."""
GRAVITY = 10.0
"""Acceleration of gravity that the firmware prints [m/s^2]."""
REARMING = "cdF"
"""Tokens after which the next command switches the reflexes on again."""
STAYING = "kKcfFrQ"
"""Tokens that remain after their command; the others stop a gait."""
GAIT_SURVIVES = "giIpmMPjzl.,t"
"""Commands that leave a gait running, if it was started by k or T."""
GAIT_SURVIVES_NYBOARD = "gGiIpmMjvVt"
"""The same on NyBoard."""
_BIBOARD_TOKENS = "abBcCdfFghiIjJkKlLmMnopPqQrRsStTuwWxXzZ!?.,;:"
_NYBOARD_TOKENS = "gGvVpjPckKTdiImMLb?zu"


class CommandHandler(MotionTokens):
    """State of the firmware between commands, and all commands."""

    def __init__(self, board: Board, motion: Motion) -> None:
        super().__init__(board, motion)
        self.print_tilt = False
        self._fine = True
        self._tilt_printed = -1.0
        self._random_behavior = False
        # A handler that returns None takes no time.
        self._handlers: dict[str, Callable[[], Program | None]] = {
            "?": self._identify, "j": self._joints, "g": self._gyro, "d": self._rest, "p": self._pause,
            "k": self._skill, "K": self._skill_data, "T": self._replay, "L": self._listed, "c": self._calibrate,
            "i": self._indexed, "m": self._indexed, "I": self._indexed, "M": self._indexed,
            ".": self._pace, ",": self._pace, "z": self._toggle_random,
        }  # fmt: skip
        if board.nyboard:
            self._handlers |= {"G": self._toggle_reflexes, "g": self._toggle_fine, "v": self._tilt, "V": self._tilt}
        else:
            self._handlers["P"] = self._power

    def react(self) -> Program:
        """Carry out the command in the buffer and confirm it."""
        self.token = self.command.token
        if self._board.nyboard and self.token not in "LIbB":
            yield Delay(BEEP_TIME)
        if self.last_token and self.last_token in REARMING and self.token != "c":
            self.reflexes = True
            self._board.say("G")
        if self.token != "p" and self.player.paused:
            self.player.paused = False
            self._board.say("p")
        asked = self.token
        self._laps_wanted, self._play_until = (0, None) if asked in "kKTLd?" else (self._laps_wanted, self._play_until)
        yield from self._handlers.get(asked, self._other)() or ()
        yield Delay(OVERHEAD)
        self._answer(asked)

    def _answer(self, asked: str) -> None:
        if self.token == "k" and self.command.text:
            self.last_skill = self.command.text
        timed = asked == "k" and (self._laps_wanted or self._play_until is not None)
        if (self.token != "k" or self.player.skill.period > 0) and not timed:
            self._board.say(self.token)
            survives = GAIT_SURVIVES_NYBOARD if self._board.nyboard else GAIT_SURVIVES
            if self.last_token == "k" and asked in survives:
                self.token = "k"
        self.last_token = self.token
        if self.token not in STAYING:
            self.token = ""
        self.command.buffer[0] = 0
        self.command.length = 0

    def perform(self) -> Program:
        """Continue the skill, if one plays; otherwise take no time."""
        plays = self.token == "k" or (self.token == "K" and not self._board.nyboard)
        if not plays or self.player.skill.period == 1:
            return
        if self.player.skill.period < 0:
            yield from self.player.perform_behavior()
            self._board.say(self.token)
            return
        yield from self.player.step()
        laps, until = self._laps_wanted, self._play_until
        if (laps and self.player.laps_done >= laps) or (until is not None and self._board.time >= until):
            if laps:
                self._board.say(f"Completed cycle: \t{self.player.laps_done}")
            self._laps_wanted, self._play_until = 0, None
            yield from self.run("up")
            self._board.say("k")

    def run(self, name: str) -> Program:
        """Load a skill by name, as if it had been commanded, and play it."""
        yield from self.player.load(name)
        self.token = self.last_token = "k"
        self.last_skill = name

    @property
    def plays_gait(self) -> bool:
        """Whether a gait is playing."""
        return self.player.skill.period > 1 and (self.token == "k" or (self.token == "K" and not self._board.nyboard))

    # Handlers, in the order of the firmware's list; each may change the token, which is then the reply.

    def _other(self) -> None:
        known = _NYBOARD_TOKENS if self._board.nyboard else _BIBOARD_TOKENS
        if self.token not in known and not self._board.nyboard:
            self._board.say("Undefined token!")
            self._board.say(self.command.text)

    def _identify(self) -> None:
        if self.command.length == 0 or self._board.nyboard:
            self._board.say(self._board.model)
            self._board.say(self._board.dialect.version)

    def _joints(self) -> None:
        self._board.say("=", end="" if self._board.nyboard else "\r\n")
        if self.command.length:
            self._board.say(str(self._motion.angles[number(self.command.text) % JOINTS]))
        else:
            self._say_indices()
            self._say_list(self._motion.angles.tolist())

    def _gyro(self) -> None:
        letters = self.command.text if self.command.length else ""
        if not letters:
            self._toggle_reflexes()
        for letter in letters:
            if letter in "bB":
                self.reflexes = letter == "B"
            elif letter in "uU":
                self.reflexes = letter == "U"
            elif letter in "fF":
                self.token = "G" if letter == "F" else "g"
            elif letter in "pP":
                self.print_tilt = letter == "P"
                self.say_tilt()
            if letter in "bu":
                self._board.say("g")

    def _toggle_reflexes(self) -> None:
        self.reflexes = not self.reflexes
        self.token = "G" if self.reflexes else "g"

    def _toggle_fine(self) -> None:
        self._fine = not self._fine
        self.token = "G" if self._fine else "g"

    def _tilt(self) -> None:
        if self.token == "v":
            self.say_tilt()
        else:
            self.print_tilt = not self.print_tilt
            self.token = "V" if self.print_tilt else "v"

    def say_tilt(self) -> None:
        """Print the IMU line; the firmware of 2026 leaves it out if the last one is too recent."""
        if self._board.dialect.name == "biboard":
            if self._tilt_printed >= 0 and self._board.time - self._tilt_printed < TILT_SPACING:
                return
            self._tilt_printed = self._board.time
        roll, pitch, yaw = self._board.tilt_deg()
        if self._board.nyboard:
            self._board.say(f"{pitch:.5f}\t{-roll:.5f}")
            return
        down = (
            -sin(radians(pitch)),
            -sin(radians(roll)) * cos(radians(pitch)),
            cos(radians(roll)) * cos(radians(pitch)),
        )
        pull = "".join(f"{GRAVITY * part + 0.0:6.2f}" for part in down)
        angles = (yaw if self._board.dialect.yaw_to_the_left else -yaw, pitch, -roll)
        width = 7 if self._board.dialect.name == "biboard" else 6
        self._board.say(f"ICM:{pull}" + "".join(f"{angle + 0.0:{width}.1f}" for angle in angles) + "\t")

    def _power(self) -> None:
        self._board.plant.advance(self._board.time)
        self._board.say(f"Voltage: {self._board.plant.voltage():.2f} V")

    def _pace(self) -> None:
        change = -1 if self.token == "." else 1
        self.player.run_delay_ms = max(0, min(SLOWEST_DELAY_MS, self.player.run_delay_ms + change))
        self._board.say(f"Run delay\t{self.player.run_delay_ms}")

    def _toggle_random(self) -> None:
        self._random_behavior = not self._random_behavior
        self.token = "Z" if self._random_behavior else "z"
