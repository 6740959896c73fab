"""Dialects of OpenCat firmware: the differences between boards and years.

Figures: PetoiCamp OpenCatEsp32 (BiBoard, firmware of 2025-07 and 2026-07) and OpenCat (NyBoard, 2025-08), files
src/OpenCat.h, src/moduleManager.h, src/io.h, src/imu.h, src/reaction.h.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from gaitopt.errors import BodyError, unknown_name

VERSION_LINE = re.compile(r"([NB]\w*)_(\d{6})")
"""Board and date (year, month, day) of the firmware, such as B10_260717 or N_250224."""
FIRST_OF_2026 = "260101"
"""Date from which BiBoard firmware speaks the newer dialect."""


@dataclass(frozen=True)
class Dialect:
    """Properties of one family of firmware."""

    name: str
    """Name for users."""
    version: str
    """Version line of a firmware that speaks it."""
    baud: int
    """Speed of the line [bit/s]; 57600 on NyBoard V0."""
    buffer: int
    """Largest payload of one command [bytes]."""
    burst_timeout: float
    """Silence after which a command without its terminator ends [s]."""
    strips_newlines: bool
    """Whether newlines inside an ASCII command are removed, and what follows them ignored."""
    step_time: float
    """Duration of one step of a motion [s]; programmed on BiBoard, set by the servo chip on NyBoard (assumed)."""
    gait_frames: int
    """Largest number of frames of an uploaded gait; the frame count is an int8, and 126 is the terminator."""
    frame_rate: float
    """Frames of a gait played per second, approximately; assumed for NyBoard, where nobody has published it [1/s]."""
    upload_reply: str
    """Line that confirms an uploaded skill."""
    gyro_off: bytes
    """Command that switches the reflexes off; a toggle on NyBoard."""
    tilt_query: bytes
    """Command that queries the IMU once."""
    tilt_echo: str
    """Line that ends its reply."""
    tilt_period: float
    """Shortest time between two such queries [s]: the 2026 firmware ignores closer ones, others lose motion to them."""
    tilt_fields: tuple[str, ...]
    """Numbers of the IMU line, in order."""
    yaw_to_the_left: bool
    """Whether the reported yaw is positive to the left; the firmware of 2026 reversed it."""
    reports_voltage: bool
    """Whether `P` reports the battery's voltage."""


BIBOARD = Dialect(
    name="biboard",
    version="B10_260717",
    baud=115200,
    buffer=2507,
    burst_timeout=0.010,
    strips_newlines=True,
    step_time=0.008,
    gait_frames=125,
    frame_rate=80.0,
    upload_reply="K",
    gyro_off=b"gb\n",
    tilt_query=b"gp\n",
    tilt_echo="g",
    tilt_period=0.2,
    tilt_fields=("ax", "ay", "az", "yaw", "pitch", "roll"),
    yaw_to_the_left=True,
    reports_voltage=True,
)
"""BiBoard (ESP32), firmware of 2026."""

BIBOARD_2025 = replace(BIBOARD, name="biboard-2025", version="B10_250712", tilt_period=0.1, yaw_to_the_left=False)
"""BiBoard (ESP32), firmware of 2025."""

NYBOARD = Dialect(
    name="nyboard",
    version="N_250224",
    baud=115200,
    buffer=467,
    burst_timeout=0.005,
    strips_newlines=False,
    step_time=0.004,
    gait_frames=57,
    frame_rate=50.0,
    upload_reply="k",
    gyro_off=b"G\n",
    tilt_query=b"v\n",
    tilt_echo="v",
    tilt_period=0.1,
    tilt_fields=("pitch", "roll"),
    yaw_to_the_left=False,
    reports_voltage=False,
)
"""NyBoard (ATmega328P), firmware of 2025."""

DIALECTS = {dialect.name: dialect for dialect in (BIBOARD, BIBOARD_2025, NYBOARD)}
"""All dialects by name."""


def dialect_named(name: str) -> Dialect:
    """Return the dialect of that name.

    Raises:
        InputError: there is none.
    """
    if name not in DIALECTS:
        raise unknown_name("OpenCat dialect", name, DIALECTS)
    return DIALECTS[name]


def recognize(version: str) -> Dialect:
    """Return the dialect that firmware with this version line speaks.

    Raises:
        BodyError: the line is not a version of OpenCat.
    """
    match = VERSION_LINE.fullmatch(version.strip())
    if match is None:
        raise BodyError(f"firmware {version!r} is not an OpenCat version; expected one such as {BIBOARD.version}")
    board, date = match.groups()
    if board.startswith("N"):
        return NYBOARD
    return BIBOARD if date >= FIRST_OF_2026 else BIBOARD_2025
