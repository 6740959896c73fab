"""Servos off on every way out of the process, by a path that relies on nothing else.

While a robot is powered, its way to cut the servos is armed here. SIGINT, SIGTERM, SIGHUP and the interpreter's exit
call it at once, before anything else is cleaned up.
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
    """Have `cut`, which acts before it waits and never raises, called on the way out; return a ticket for `disarm`."""
    if not _armed:
        _catch_signals()
    ticket = next(_tickets)  # never twice: an old one may be disarmed again
    _armed[ticket] = cut
    return ticket


def disarm(ticket: int) -> None:
    """Forget what was armed; harmless when repeated."""
    if _armed.pop(ticket, None) is not None and not _armed:
        _release_signals()


def cut_all() -> None:
    """Cut the servos of every powered robot."""
    for cut in list(_armed.values()):
        cut()


atexit.register(cut_all)


def _catch_signals() -> None:
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread may; then exceptions and the exit are left
    for number in SIGNALS:
        handler = signal.getsignal(number)
        if handler not in (signal.SIG_IGN, _on_signal):  # as `nohup` ignores SIGHUP, or still caught from before
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
