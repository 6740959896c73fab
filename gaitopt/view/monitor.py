"""A real robot's measurements, live on a terminal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from rich.console import Console
from rich.live import Live
from rich.table import Table

from gaitopt.hal.body import BodyState
from gaitopt.hal.driver import Health
from gaitopt.hal.real.body import RealBody
from gaitopt.walk.attitude import roll_pitch, yaw

PERIOD_S = 0.25
"""Time between two readings [s]."""


def snapshot(body: RealBody) -> dict[str, Any]:
    """Return what a configured robot measures now; None for what it cannot measure."""
    state, health = body.read(), body.health()
    return {
        "joints": _joints(body, state, health),
        "feedback": body.capabilities.feedback,
        "tilt_deg": _tilt(state),
        "voltage_v": health.voltage,
        "problems": list(health.problems),
    }


def watch(body: RealBody, seconds: float) -> None:
    """Show a robot's measurements for some seconds, on standard error."""
    console = Console(stderr=True, highlight=False)
    readings = max(1, round(seconds / PERIOD_S))
    with Live(console=console, auto_refresh=False) as live:
        for _ in range(readings):
            live.update(_table(snapshot(body)), refresh=True)
            body.pause(PERIOD_S)


def _joints(body: RealBody, state: BodyState, health: Health) -> list[dict[str, Any]]:
    stall = body.robot.servo.stall_torque_nm
    return [
        {
            "joint": name,
            "angle_deg": math.degrees(state.joint_angles[i]) if state.joint_angles else None,
            "load": state.joint_torques[i] / stall if state.joint_torques else None,
            "temperature_c": float(health.temperatures[i]) if health.temperatures is not None else None,
        }
        for i, name in enumerate(body.robot.joint_names)
    ]


def _tilt(state: BodyState) -> dict[str, float] | None:
    if state.orientation is None:
        return None
    roll, pitch = roll_pitch(np.array([state.orientation]))
    angles = {"roll": float(roll[0]), "pitch": float(pitch[0]), "yaw": yaw(state.orientation)}
    return {name: math.degrees(angle) for name, angle in angles.items()}


def _table(seen: dict[str, Any]) -> Table:
    tilt = seen["tilt_deg"]
    title = " ".join(f"{name} {angle:+.0f}" for name, angle in tilt.items()) + " deg, " if tilt else ""
    voltage = f"{seen['voltage_v']:.1f} V" if seen["voltage_v"] is not None else "voltage not reported"
    table = Table("joint", f"angle, deg ({seen['feedback']})", "load, %", "temperature, C", title=title + voltage)
    for row in seen["joints"]:
        table.add_row(
            row["joint"], _number(row["angle_deg"]), _number(row["load"], 100.0), _number(row["temperature_c"])
        )
    table.caption = "; ".join(seen["problems"]) or "no problems"
    return table


def _number(value: float | None, scale: float = 1.0) -> str:
    return "-" if value is None else f"{round(value * scale)}"
