"""Silence what C libraries print on standard output and standard error."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Discard output to file descriptors 1 and 2: PyBullet prints its build time when imported, and more."""
    _flush()
    with contextlib.ExitStack() as restore:
        for descriptor in (1, 2):
            try:
                kept = os.dup(descriptor)
            except OSError:  # it is closed: nothing to silence
                continue
            restore.callback(os.close, kept)
            restore.callback(os.dup2, kept, descriptor)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, descriptor)
            os.close(nowhere)
        restore.callback(_flush)
        yield


def _flush() -> None:
    """Flush Python's and C's buffers, whose content would else be printed after the descriptors are restored."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    ctypes.CDLL(None).fflush(None)
