"""An emulated robot in a background process, for programs that drive one."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from gaitopt.emulators.emulation import Emulation
from gaitopt.errors import BodyError, GaitoptError
from gaitopt.hal.wiring import wiring_of
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import ScenarioSpec

START_TIME = 60.0
"""Longest time until the process has started [s]."""


class Ports(NamedTuple):
    """Addresses of an emulated robot."""

    body: str
    """Address of the robot."""
    stopwatch: str | None
    """Address of its light gate, `gate:PORT`; None without one."""


@contextmanager
def emulated(robot: RobotSpec, scenario: ScenarioSpec, **options: Any) -> Iterator[Ports]:
    """Run an emulated robot as long as the context lasts; return its ports.

    Args:
        robot: which robot; it must have a wiring.
        scenario: the field.
        options: other arguments of `Emulation`, such as `gate=True`.

    Raises:
        BodyError: it could not be started.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, robot, scenario, options), daemon=True)
    process.start()
    there.close()
    try:
        answer = here.recv() if here.poll(START_TIME) else "there was no answer"
        if isinstance(answer, str):
            raise BodyError(f"the emulated {robot.name} did not start: {answer}")
        yield answer
    except EOFError:
        raise BodyError(f"the emulated {robot.name} did not start: its process died") from None
    finally:
        here.close()  # this ends it
        process.join(timeout=10)
        process.kill()


def _serve(parent: Connection, robot: RobotSpec, scenario: ScenarioSpec, options: dict[str, Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process
    stop = threading.Event()
    try:
        emulation = Emulation(robot, scenario, **options)
    except GaitoptError as error:
        parent.send(str(error))
        return
    with emulation:
        gate = emulation.gate_port
        parent.send(Ports(f"{wiring_of(robot).driver}:{emulation.port}", f"gate:{gate}" if gate else None))
        threading.Thread(target=_wait_for_end, args=(parent, stop), daemon=True).start()
        emulation.run(stop)


def _wait_for_end(parent: Connection, stop: threading.Event) -> None:
    try:
        parent.recv()
    except (EOFError, OSError):
        stop.set()
