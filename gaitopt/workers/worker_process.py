"""Worker processes, from the side of the parent."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from gaitopt.workers.worker_main import serve

PINNED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables set to 1 in workers: with as many workers as cores, more threads only slow each other down."""

EXIT_S = 5.0
"""Time that an idle worker may take to exit [s]."""


class WorkerDied(Exception):  # noqa: N818 - an event, caught by the caller
    """The process ended before it sent an outcome."""


class WorkerProcess:
    """One process that does one task at a time; to be made within `spawning`.

    Attributes:
        connection: Readable when an outcome has arrived, or the process is dead.
    """

    def __init__(self, factory: Callable[[], Callable[[Any], Any]]):
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(factory, theirs), daemon=True)
        self._process.start()
        theirs.close()  # now only the worker has it, so its death closes the connection

    def is_alive(self) -> bool:
        """Return whether the process can take a task."""
        return self._process.is_alive()

    def send(self, task: Any) -> None:
        """Send a task; `receive` reports a dead worker."""
        message = pickle.dumps(task)
        with suppress(OSError):
            self.connection.send_bytes(message)

    def receive(self) -> bytes:
        """Wait for the outcome of the task and return it; see `unpacked`.

        Raises:
            WorkerDied: There will be none.
        """
        try:
            return self.connection.recv_bytes()
        except (EOFError, OSError):
            raise WorkerDied from None

    def dismiss(self) -> None:
        """Tell an idle worker to exit, without waiting for it."""
        self.connection.close()

    def kill(self) -> None:
        """Kill the process, without waiting for it."""
        self._process.kill()

    def join(self) -> None:
        """Wait until a dismissed or killed worker has exited."""
        self.connection.close()
        self._process.join(EXIT_S)
        self._process.kill()
        self._process.join()


@contextmanager
def spawning() -> Iterator[None]:
    """Start workers within: they inherit one thread for numeric libraries and a blocked Ctrl-C; here it is delayed."""
    with _threads_pinned(), interrupt_delayed(), _interrupt_blocked():
        yield


@contextmanager
def _threads_pinned() -> Iterator[None]:
    # Numeric libraries read the environment once, when the worker first imports them.
    before = {name: os.environ.get(name) for name in PINNED}
    os.environ.update(dict.fromkeys(PINNED, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def interrupt_delayed() -> Iterator[None]:
    """Delay a Ctrl-C until the end of the block."""
    # A half-started worker would end with a traceback. Blocking the signal is not enough: a thread of a numeric
    # library may receive it on behalf of the process.
    if threading.current_thread() is not threading.main_thread():
        yield  # Python raises KeyboardInterrupt in the main thread only
        return
    held: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: held.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if held:
        signal.raise_signal(signal.SIGINT)


@contextmanager
def _interrupt_blocked() -> Iterator[None]:
    # A worker inherits the mask, which blocks Ctrl-C until the worker ignores it itself.
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker  # not on Windows

    resource_tracker.ensure_running()  # otherwise it would start with the first worker, and unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
