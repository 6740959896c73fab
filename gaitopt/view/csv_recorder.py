"""Measured and commanded joint angles of a walk as a CSV file, written as it happens."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Self

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.hal.body import BodyState
from gaitopt.robot.spec import RobotSpec
from gaitopt.walk.attitude import roll_pitch, yaw


class CsvRecorder:
    """Writes one row per command: time [s], tilt [rad], joint angles measured and sent [rad]; a context manager."""

    def __init__(self, path: Path, robot: RobotSpec) -> None:
        """Open the file.

        Raises:
            InputError: it cannot be written.
        """
        try:
            self._file = path.open("w", newline="", encoding="utf-8")
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
        self._writer = csv.writer(self._file)
        names = robot.joint_names
        measured, sent = [f"{name}_rad" for name in names], [f"{name}_sent_rad" for name in names]
        self._writer.writerow(["time_s", "roll_rad", "pitch_rad", "yaw_rad", *measured, *sent])
        self._joints = len(names)

    def __call__(self, state: BodyState, sent: Array) -> None:
        """Write one row."""
        tilt: tuple[float, ...] = (math.nan,) * 3
        if state.orientation is not None:
            roll, pitch = roll_pitch(np.array([state.orientation]))
            tilt = float(roll[0]), float(pitch[0]), yaw(state.orientation)
        angles = state.joint_angles or (math.nan,) * self._joints
        self._writer.writerow([f"{value:.6f}" for value in (state.time, *tilt, *angles, *sent.tolist())])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()
