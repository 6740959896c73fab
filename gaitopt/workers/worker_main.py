"""The inside of a worker process: receive a task, do it, send back what came of it."""

from __future__ import annotations

import functools
import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from gaitopt.errors import WorkerError


def serve(factory: Callable[[], Callable[[Any], Any]], connection: Connection) -> None:
    """Do every task that arrives, until the parent closes the connection."""
    # Ctrl-C reaches every process of the terminal; only the parent shall act on it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # blocked by the parent until now
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    function = functools.cache(factory)  # built by the first task, so that its errors reach the caller
    with suppress(EOFError, OSError):  # the parent closed the connection, or died
        while True:
            connection.send_bytes(_outcome(function, connection.recv_bytes()))


def opened(outcome: bytes) -> Any:
    """Return the result that a worker sent.

    Raises:
        Exception: What the task raised, caused by an error that shows the worker's traceback.
    """
    result, error, trace = pickle.loads(outcome)
    if error is not None:
        raise error from RuntimeError(f"in a worker process:\n{trace}")
    return result


def _outcome(function: Callable[[], Callable[[Any], Any]], task: bytes) -> bytes:
    try:
        return pickle.dumps((function()(pickle.loads(task)), None, ""))
    except Exception as error:
        trace = traceback.format_exc()
        try:
            outcome = pickle.dumps((None, error, trace))
            pickle.loads(outcome)  # an error with arguments of its own may fail only here
        except Exception:
            unsendable = WorkerError(f"a task raised what cannot be sent between processes: {error!r}")
            outcome = pickle.dumps((None, unsendable, trace))
        return outcome


def _end_with_parent() -> None:
    # A worker in the middle of a long task would not notice for long that its parent was killed.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
