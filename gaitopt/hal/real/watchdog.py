"""A thread that keeps a robot from staying powered when nobody commands it any more."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Watchdog:
    """Calls `check` periodically, from a thread of its own, until it is stopped."""

    def __init__(self, check: Callable[[], None], period: float = 0.02) -> None:
        """Start to call `check`, which must not raise, every `period` [s]."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(check, period), name="gaitopt-watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; harmless when repeated."""
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=1.0)

    def _run(self, check: Callable[[], None], period: float) -> None:
        while not self._stop.wait(period):
            check()
