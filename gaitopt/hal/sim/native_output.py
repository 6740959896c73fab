"""Keep libraries written in C from talking on standard output and standard error."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send file descriptors 1 and 2 nowhere for a while: PyBullet prints its build time when imported, and more."""
    _flush()
    with contextlib.ExitStack() as restore:
        for descriptor in (1, 2):
            try:
                kept = os.dup(descriptor)
            except OSError:  # it is closed: nothing to keep quiet
                continue
            restore.callback(os.close, kept)
            restore.callback(os.dup2, kept, descriptor)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, descriptor)
            os.close(nowhere)
        restore.callback(_flush)
        yield


def _flush() -> None:
    """Empty Python's and C's buffers: what lies in them would come out after the descriptors are given back."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    ctypes.CDLL(None).fflush(None)
