"""The policies by name, and policy files: plain arrays under a header, read without pickle."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from gaitopt.errors import InputError, unknown_name
from gaitopt.rl.arrays import State
from gaitopt.rl.features import DiscreteFeatures
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.policies.gaussian_mlp import GaussianMLPPolicy
from gaitopt.rl.policies.linear_gaussian import LinearGaussianPolicy
from gaitopt.rl.policies.softmax import SoftmaxPolicy
from gaitopt.spec import Spec, parse_spec
from gaitopt.toml import write_atomic

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError)
"""Errors that numpy and zipfile raise for damaged files; NotImplementedError is a RuntimeError."""


def _softmax(features: list[list[list[float]]], normalize: bool) -> SoftmaxPolicy:
    return SoftmaxPolicy(DiscreteFeatures(np.array(features)), normalize)


POLICIES: dict[str, Callable[..., Policy]] = {
    SoftmaxPolicy.kind: _softmax,
    LinearGaussianPolicy.kind: LinearGaussianPolicy,
    GaussianMLPPolicy.kind: GaussianMLPPolicy,
}
"""Builders of policies from their `options()`, by kind."""


class PolicyHeader(Spec):
    """Header of a policy file."""

    schema_version: Literal[1] = 1
    """Version of the file layout."""
    kind: Annotated[str, Field(min_length=1)]
    """Name of the policy's kind in `POLICIES`."""
    options: dict[str, Any]
    """Arguments that make a policy like it."""
    about: dict[str, Any] = Field(default_factory=dict)
    """Notes of the caller, such as what the policy was trained for and the layout of its observations."""


def make_policy(kind: str, options: Mapping[str, Any]) -> Policy:
    """Return a new policy of a kind.

    Raises:
        InputError: no policy has this name, or it has other options.
    """
    if kind not in POLICIES:
        raise unknown_name("policy", kind, POLICIES)
    try:
        return POLICIES[kind](**options)
    except (TypeError, ValueError, AttributeError, MemoryError, OverflowError) as error:
        raise InputError(f"options of policy {kind}: cannot be used: {error}") from error


def save_policy(path: Path, policy: Policy, about: Mapping[str, Any] | None = None) -> None:
    """Write a policy file, whole or not at all; the same policy gives the same bytes.

    Raises:
        InputError: it cannot be written.
    """
    header = PolicyHeader(kind=policy.kind, options=policy.options(), about=dict(about or {}))
    write_arrays(path, header.model_dump_json(), policy.state())


def load_policy(path: Path) -> tuple[Policy, dict[str, Any]]:
    """Return the policy in a file, and the notes stored with it.

    Raises:
        InputError: it cannot be read, or is not a policy file.
    """
    text, arrays = read_arrays(path)
    header = parse_spec(PolicyHeader, text, str(path))
    try:
        policy = make_policy(header.kind, {key: value for key, value in header.options.items() if key != "rng"})
        policy.restore(arrays)
        policy.check_finite()
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except (ValueError, TypeError) as error:  # such as an array of text
        raise InputError(f"{path}: its arrays cannot be used: {error}; the file is damaged") from error
    return policy, header.about


def write_arrays(path: Path, header: str, arrays: State) -> None:
    """Write arrays under a JSON header as one .npz file, whole or not at all.

    Raises:
        InputError: it cannot be written; an older file is kept.
    """
    buffer = io.BytesIO()
    np.savez(buffer, header=np.array(header), **arrays)  # type: ignore[arg-type]
    write_atomic(path, buffer.getvalue())


def read_arrays(path: Path) -> tuple[dict[str, Any], State]:
    """Return the header and the arrays of a file; nothing is ever unpickled.

    Raises:
        InputError: it cannot be read, or is not such a file.
    """
    try:
        with path.open("rb") as stream:
            if not zipfile.is_zipfile(stream):
                raise ValueError("it is not an .npz archive")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        if "header" not in arrays:
            raise ValueError("it has none")
        header = json.loads(str(arrays.pop("header")))
        if not isinstance(header, dict):
            raise ValueError("its header is not a table")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UNREADABLE as error:
        raise InputError(f"{path}: is not a file of arrays with a header: {error}") from error
    return header, arrays
