"""Main loop of a worker process: receive a task, do it, send back the outcome."""

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
    """Do every task that arrives until the parent closes the connection."""
    # Ctrl-C reaches every process of the terminal; only the parent should handle it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # blocked by the parent until now
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    function = functools.cache(factory)  # built by the first task, so that its errors reach the caller
    with suppress(EOFError, OSError):  # the parent closed the connection, or died
        while True:
            connection.send_bytes(outcome(function, connection.recv_bytes()))


def unpacked(sent: bytes) -> Any:
    """Return the result in an `outcome`.

    Raises:
        Exception: The error of the task, caused by one that shows the worker's traceback.
    """
    result, error, trace = pickle.loads(sent)
    if error is not None:
        raise error from RuntimeError(f"in a worker process:\n{trace}")
    return result


def outcome(function: Callable[[], Callable[[Any], Any]], task: bytes) -> bytes:
    """Do a task and return its outcome, pickled; see `unpacked`.

    Args:
        function: Returns the function that does tasks; its errors are those of the task.
        task: Pickled task.
    """
    try:
        return pickle.dumps((function()(pickle.loads(task)), None, ""))
    except Exception as error:
        trace = traceback.format_exc()
        try:
            sent = pickle.dumps((None, error, trace))
            pickle.loads(sent)  # fails for some errors with arguments of their own
        except Exception:
            unsendable = WorkerError(f"a task raised an error that cannot be pickled: {error!r}")
            sent = pickle.dumps((None, unsendable, trace))
        return sent


def _end_with_parent() -> None:
    # In the middle of a long task, a worker would notice late that its parent was killed.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
