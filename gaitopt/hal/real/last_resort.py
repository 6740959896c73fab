"""Servos off on every exit from the process, by a path that relies on nothing else.

While a robot is powered, the call that cuts its servos is armed here. SIGINT, SIGTERM, SIGHUP and the interpreter's
exit make that call at once, before any other cleanup.
"""

from __future__ import annotations

import atexit
import itertools
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

SIGNALS = [number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None]

_armed: dict[int, Callable[[], None]] = {}
_previous: dict[int, Any] = {}
_tickets = itertools.count(1)


def arm(cut: Callable[[], None]) -> int:
    """Arm `cut`, which acts before it waits and never raises, for the exit; return a ticket for `disarm`."""
    if not _armed:
        _catch_signals()
    ticket = next(_tickets)  # never reused: an old one may be disarmed again
    _armed[ticket] = cut
    return ticket


def disarm(ticket: int) -> None:
    """Disarm what was armed; harmless when repeated."""
    if _armed.pop(ticket, None) is not None and not _armed:
        _release_signals()


def cut_all() -> None:
    """Cut the servos of every powered robot."""
    for cut in list(_armed.values()):
        cut()


atexit.register(cut_all)


def _catch_signals() -> None:
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread can; exceptions and the exit still cut
    for number in SIGNALS:
        handler = signal.getsignal(number)
        if handler not in (signal.SIG_IGN, _on_signal):  # ignored, as SIGHUP under `nohup`, or still caught from before
            _previous[number] = signal.signal(number, _on_signal)


def _release_signals() -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    for number, handler in _previous.items():
        if signal.getsignal(number) is _on_signal:
            signal.signal(number, handler)
    _previous.clear()


def _on_signal(number: int, frame: FrameType | None) -> None:
    cut_all()
    handler = _previous.get(number)
    if callable(handler):
        handler(number, frame)
    else:
        raise SystemExit(128 + number)
