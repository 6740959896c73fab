"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from gaitopt.errors import InputError


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to; what was written there replaces `path` if nothing went wrong.

    Raises:
        InputError: it cannot be written; an older file is left as it was.
    """
    draft = path.with_name(f".{os.getpid()}.{path.name}")  # the name keeps its ending, which chooses the format
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
