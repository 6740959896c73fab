"""What a worker process is started with, and what it does; the other end is `process_pool`."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

PINNED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables set to 1 in workers: with as many workers as cores, more threads only get in each other's way."""

_function: Callable[[], Callable[[Any], Any]]  # set by start_worker, once in each worker


@contextmanager
def spawning() -> Iterator[None]:
    """Give this process, for a moment, the environment and signal mask that workers shall inherit."""
    with _threads_pinned(), _interrupt_held_back():
        yield


def start_worker(factory: Callable[[], Callable[[Any], Any]]) -> None:
    """Make this process a worker; `do_task` builds its function when the first task arrives."""
    global _function
    # Ctrl-C reaches every process of the terminal; only the parent shall act on it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # blocked by `spawning` until now
    # A worker waits for its next task forever, even where a killed parent can no longer send one.
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    # Built later, not here: what a factory raises in a task reaches the caller; here it would break the pool.
    _function = functools.cache(factory)


def do_task(task: Any) -> Any:
    """Return what this worker's function makes of a task."""
    return _function()(task)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


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
def _interrupt_held_back() -> Iterator[None]:
    # Ctrl-C waits until the workers are started. They inherit the mask, which covers the time in which they
    # import and would still die of it, each with its own traceback.
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
