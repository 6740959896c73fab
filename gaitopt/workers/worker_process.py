"""A worker process, as its parent sees it."""

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
"""Variables set to 1 in workers: with as many workers as cores, more threads only get in each other's way."""

EXIT_S = 5.0
"""How long an idle worker may take to end by itself [s]."""


class WorkerDied(Exception):  # noqa: N818 - it says what happened
    """The process ended before it sent an outcome."""


class WorkerProcess:
    """One process that does one task at a time; to be made within `spawning`.

    Attributes:
        connection: Can be read when an outcome has arrived, or when the process is dead.
    """

    def __init__(self, factory: Callable[[], Callable[[Any], Any]]):
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(factory, theirs), daemon=True)
        self._process.start()
        theirs.close()  # now the worker has the only one, so its death closes the connection

    def is_alive(self) -> bool:
        """Return whether the process is there to take a task."""
        return self._process.is_alive()

    def send(self, task: Any) -> None:
        """Let the worker do a task; a dead one is noticed by `receive`."""
        message = pickle.dumps(task)
        with suppress(OSError):
            self.connection.send_bytes(message)

    def receive(self) -> bytes:
        """Return the outcome of the task sent, for `unpacked`; wait for it if it has not arrived.

        Raises:
            WorkerDied: If there will be none.
        """
        try:
            return self.connection.recv_bytes()
        except (EOFError, OSError):
            raise WorkerDied from None

    def dismiss(self) -> None:
        """Let an idle worker end, without waiting for it."""
        self.connection.close()

    def kill(self) -> None:
        """End the process whatever it does, without waiting for it."""
        self._process.kill()

    def join(self) -> None:
        """Wait until a worker, dismissed or killed, is gone."""
        self.connection.close()
        self._process.join(EXIT_S)
        self._process.kill()
        self._process.join()


@contextmanager
def spawning() -> Iterator[None]:
    """Have workers inherit one thread for numeric libraries, and no Ctrl-C; a Ctrl-C meanwhile comes after."""
    with _threads_pinned(), interrupt_held_back(), _interrupt_blocked():
        yield


@contextmanager
def _threads_pinned() -> Iterator[None]:
    # In the environment, as numeric libraries read it once, when the worker first imports them.
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
def interrupt_held_back() -> Iterator[None]:
    """Have a Ctrl-C come afterwards."""
    # A worker started by half would end with a traceback. Blocking the signal is not enough to prevent it:
    # where numeric libraries have threads of their own, one of these receives it on behalf of the process.
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
    # A worker inherits the mask, which protects it from Ctrl-C until it can ignore it by itself.
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker  # not on Windows

    resource_tracker.ensure_running()  # otherwise it starts with the first worker, and unblocks the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
