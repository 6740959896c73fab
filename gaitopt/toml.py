"""One strict way to read and write TOML, and files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from gaitopt.errors import InputError, unknown_name


def data_folder(kind: str) -> Path:
    """Return the folder `robots` or `scenarios`: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "data" / kind
    return installed if installed.is_dir() else package.parent / kind


def named_file(what: str, name: str | Path, folder: Path) -> Path:
    """Return the TOML file of a name in a folder, or the one at a path that ends in `.toml`.

    Raises:
        InputError: there is none of this name.
    """
    if str(name).endswith(".toml"):
        return Path(name)
    names = [path.stem for path in folder.glob("*.toml")]
    if name not in names:
        raise unknown_name(what, str(name), names)
    return folder / f"{name}.toml"


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises:
        InputError: the file is missing, unreadable or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text (byte {error.start}); expected a TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is not valid TOML: {error}") from error


def parse_value(text: str) -> Any:
    """Return what a value written as in TOML means, `none` for nothing; what is no TOML is text as it stands."""
    if text.strip() == "none":
        return None
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def format_toml(tables: Mapping[str, Any]) -> str:
    """Return TOML text; keys without a value (None) are left out."""
    return tomli_w.dumps(_without_none(tables))


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        InputError: the folder is read-only, or the disk is full; an older file is left as it was.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content.encode("utf-8") if isinstance(content, str) else content)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:  # an interrupt, too, leaves nothing behind
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_without_none(item) for item in value]
    return value
