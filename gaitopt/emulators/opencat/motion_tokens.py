"""Commands of emulated OpenCat firmware that move the robot.

Source: PetoiCamp OpenCatEsp32 src/reaction.h, reaction(), and OpenCat src/reaction.h for the NyBoard.
"""

from __future__ import annotations

import re

from gaitopt.emulators.opencat.board import Board, Delay, Motion, Program
from gaitopt.emulators.opencat.framing import Command
from gaitopt.emulators.opencat.player import HEAD_JOINTS, Player
from gaitopt.emulators.opencat.skills import array_length, from_array
from gaitopt.hal.opencat.codec import JOINTS

LIST_SPEED = 2.0
"""Speed of L, and of i and I on BiBoard [degrees per step]."""
NYBOARD_INDEXED_SPEED = 4.0
"""Speed of i and I on NyBoard [degrees per step]."""
AFTER_JOINT = 0.01
"""Pause after each joint of m and M [s]."""
FLASH_TIME = 0.04
"""Time to write a skill to flash [s]."""
CYCLES_BELOW = 200
"""Argument of a gait below which it counts cycles; from here on, milliseconds."""


class MotionTokens:
    """State of the firmware between commands, and the commands that move the robot."""

    def __init__(self, board: Board, motion: Motion) -> None:
        self._board = board
        self._motion = motion
        self.player = Player(board, motion)
        self.command = Command(board)
        self.token = ""
        self.last_token = ""
        self.last_skill = ""
        self.reflexes = True
        """Whether the robot may move by itself when it detects a fall."""
        self._offsets = [0] * JOINTS
        self._laps_wanted = 0
        self._play_until: float | None = None

    def _pause(self) -> None:
        self.player.paused = not self.player.paused
        if self.player.paused:
            self.token = "P"
            self._motion.shut()
        else:
            self.token = "k"
            if self.player.skill.period == 1:
                self.player.pose()

    def _rest(self) -> Program:
        self.reflexes = False
        if self._board.nyboard:
            yield from self.player.load("rest")
            self._motion.shut()
            self._board.say("g")
            return
        self._board.say("g")
        if self.command.length == 0:
            if self.last_skill != "rest":
                yield from self.player.load("rest")
            self._motion.shut()
            self.player.head_by_hand = False
        elif self.command.length == 1:
            pin = number(self.command.text)
            self._motion.shut(pin if pin < HEAD_JOINTS else pin + HEAD_JOINTS)

    def _calibrate(self) -> Program:
        if self.last_token != "c":
            yield from self.player.load("calib")
        self.reflexes = False
        self._say_indices()
        self._say_list(self._offsets)

    def _indexed(self) -> Program:
        """Move joints by number: i and I together, m and M one after the other."""
        if self.token.islower():
            values = [number(word) for word in re.split(r"[ ,\t]+", self.command.text.strip(" ,\t")) if word]
        else:
            values = [self.command.signed(i) for i in range(self.command.length)]
        if len(values) < 2:
            self.player.head_by_hand = False
            return
        speed = NYBOARD_INDEXED_SPEED if self._board.nyboard else LIST_SPEED
        legs = False
        target = self._motion.angles.copy()
        for joint, angle in zip(values[::2], values[1::2], strict=False):
            if 0 <= joint < JOINTS:
                target[joint] = angle
                legs |= joint >= HEAD_JOINTS
                if joint < HEAD_JOINTS:
                    self.player.head_target[joint] = angle
                    self.player.head_by_hand = True
            if self.token in "mM":
                yield from self._motion.transform(target, 1.0 if self.token == "m" else LIST_SPEED)
                yield Delay(AFTER_JOINT)
        if legs or self.last_token != "k":
            yield from self._motion.transform(target, speed)
            self.player.hold(target)

    def _listed(self) -> Program:
        """Move all joints: 16 bytes, even if fewer arrived."""
        target = [self.command.signed(joint) for joint in range(JOINTS)]
        yield from self._motion.transform(target, LIST_SPEED)

    def _skill_data(self) -> Program:
        length = array_length(self.command.signed(0) or 1)
        self._board.flash = bytes(self.command.buffer[:length])
        yield Delay(FLASH_TIME)
        yield from self._play_uploaded()
        if self._board.nyboard:
            self.token = "k"
        self.player.head_by_hand = False

    def _replay(self) -> Program:
        if self._board.flash:
            yield from self._play_uploaded()
        self._board.say("T")
        self.token = "k"

    def _play_uploaded(self) -> Program:
        self.player.skill = from_array(self._board.flash)
        self.command.text = "tmp"
        yield from self.player.begin()

    def _skill(self) -> Program:
        name, _, argument = self.command.text.partition(" ")
        name = "bkF" if name == "bk" else name
        self.command.text = name
        if name == self.last_skill and self.player.skill.period > 1:
            return
        yield from self.player.load(name)
        self.player.head_by_hand = False
        amount = number(argument)
        if self._board.nyboard or self.player.skill.period <= 1 or amount <= 0 or not name.endswith("F"):
            return
        if amount < CYCLES_BELOW:
            self._laps_wanted = amount
            self._board.say(f"Cycle counting mode: \t{amount} cycles, Period: \t{self.player.skill.period}")
        else:
            self._board.say(f"Time-based mode: \t{name} for \t{amount} ms")
            yield from self.player.load(name)
            self._play_until = self._board.time + amount / 1000

    def _say_indices(self) -> None:
        self._board.say("".join(f"{joint}\t" for joint in range(JOINTS)))

    def _say_list(self, values: list[int]) -> None:
        self._board.say("".join(f"{value},\t" for value in values))


def number(text: str) -> int:
    """Parse a number as C's atoi does: 0 if there is none."""
    match = re.match(r"\s*([-+]?\d+)", text)
    return int(match.group(1)) if match else 0
