"""Player of emulated OpenCat firmware: loads and plays skills, which are postures, gaits and behaviors.

Source: PetoiCamp OpenCatEsp32 src/skill.h (lookUp, loadBySkillName, perform) and the end of src/reaction.h.
"""

from __future__ import annotations

from math import pi, sin

import numpy as np

from gaitopt.emulators.opencat.board import FIRST_LEG_JOINT, Board, Delay, Motion, Program
from gaitopt.emulators.opencat.skills import LoadedSkill, mirror, posture, resolve
from gaitopt.hal.opencat.codec import JOINTS

HEAD_JOINTS = 4
SHIFT_DEG = 3
"""Largest random offset of a posture, against wear of the servos [degrees]."""
SHIFT_NYBOARD_DEG = 5
"""The same on NyBoard [degrees]."""
RUN_DELAY_MS = 8
"""Delay of a gait's frame at its usual speed, in addition to a fixed one [ms]."""
SLOWEST_DELAY_MS = 20
HEAD_SWING_DEG = 10
HEAD_STEP_DEG = 20
DELAY_UNIT = 0.05
"""Unit of the delay in a behavior's row [s]."""


class Player:
    """The skill in memory and its current frame."""

    def __init__(self, board: Board, motion: Motion) -> None:
        self._board = board
        self._motion = motion
        self.skill: LoadedSkill = posture("rest", motion.angles)
        self.frame = 0
        self.paused = False
        self.run_delay_ms = RUN_DELAY_MS
        self.head_by_hand = False
        self.head_target = [0] * HEAD_JOINTS
        self.laps_done = 0

    def load(self, name: str) -> Program:
        """Look a skill up, print its name, and move to its first frame."""
        skill = resolve(name)
        if skill is None:
            self._board.say(f"?{name}" if self._board.nyboard else f"?{name}?")
            return
        self._board.say(name if name[-1:] == "R" else skill.name)
        if skill.period == 1 and skill.name != "calib":
            most = SHIFT_NYBOARD_DEG if self._board.nyboard else SHIFT_DEG
            skill.rows += int(self._board.rng.integers(-most, most + 1))
        if name[-1:] == "R" or (name[-1:] != "L" and self._board.rng.integers(2)):
            mirror(skill)
        self.skill = skill
        yield from self.begin()

    def begin(self) -> Program:
        """Move to the first frame of the skill in memory."""
        self.frame = 0
        self.laps_done = 0
        first = FIRST_LEG_JOINT if self.skill.period > 1 else 0
        yield from self._motion.transform(self.skill.frame(0), 1.0, first)

    def hold(self, angles: np.ndarray) -> None:
        """Turn angles, (16,) [degrees], into the posture in memory."""
        self.skill = posture("", angles)
        self.frame = 0

    def pose(self) -> None:
        """Send the posture in memory to the servos at once."""
        self._board.plant.advance(self._board.time)
        for joint in (*range(HEAD_JOINTS), *range(FIRST_LEG_JOINT, JOINTS)):
            self._motion.write(joint, float(self.skill.frame(0)[joint]))

    def step(self) -> Program:
        """Play one frame of the gait in memory."""
        period = self.skill.period
        self._board.plant.advance(self._board.time)
        row = self.skill.frame(self.frame)
        for joint in range(HEAD_JOINTS):
            self._motion.write(joint, self._head(joint, period))
        for joint in range(FIRST_LEG_JOINT, JOINTS):
            self._motion.write(joint, float(row[joint - FIRST_LEG_JOINT]))
        if not self.paused:
            self.frame = (self.frame + 1) % period
            self.laps_done += self.frame == 0
        yield Delay(max(0.003, 1 / self._board.dialect.frame_rate + (self.run_delay_ms - RUN_DELAY_MS) / 1000))

    def _head(self, joint: int, period: int) -> float:
        if not self.head_by_hand:
            return HEAD_SWING_DEG * sin(self.frame * (joint + 2) * pi / period)
        now = int(self._motion.angles[joint])
        return now + max(-HEAD_STEP_DEG, min(HEAD_STEP_DEG, self.head_target[joint] - now))

    def perform_behavior(self) -> Program:
        """Play the behavior in memory to its end, or until a byte arrives; it then stands as a posture."""
        first, last, repeats = self.skill.loop
        repeats = max(0, repeats - 1)
        per_step = 4.0 if self._board.nyboard else 8.0
        index, rows = 0, self.skill.rows
        while index < len(rows):
            if self._board.received and not self._board.nyboard:
                self._board.say("Behavior interrupted")
                yield from self.load("up")
                return
            yield from self._motion.transform(self.skill.frame(index), rows[index, JOINTS] / per_step)
            pause = abs(int(rows[index, JOINTS + 1])) * DELAY_UNIT
            if pause:
                yield Delay(pause)
            if repeats and index and index == last:
                index, repeats = first - 1, repeats - 1
            index += 1
        self.hold(self._motion.angles.copy())
