"""Joins a Ray cluster, or starts a local Ray; see docs.ray.io.

Ray waits two minutes for a missing head, and fills the terminal meanwhile, so the address is checked first.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from gaitopt.errors import InputError
from gaitopt.workers.count import default_count
from gaitopt.workers.worker_process import interrupt_delayed

VARIABLE, AUTO = "RAY_ADDRESS", "auto"
"""Variable that names the cluster, and its value that lets Ray find one, as for Ray's own programs."""

PATIENCE_S = 10.0
"""Time that a head may take to answer [s]."""

GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)
"""Preface of an HTTP/2 client with empty settings (RFC 9113, 3.4): Ray heads speak gRPC, which is HTTP/2."""

LOCAL = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
"""Environment of a local Ray: no usage statistics, and workers with normal priority."""

ATTEMPTS = 3
"""Attempts to start a local Ray: on a busy machine it gives up when parts take more than 15 s to start."""

STORE_BYTES = 80 * 2**20
"""Shared memory of a local Ray; results are small."""

SETTINGS = 4
"""Type of the first frame of an HTTP/2 server, in the fourth byte (RFC 9113, 4.1 and 6.5)."""


def import_ray() -> Any:
    """Return the module `ray`, which reads its environment at its first import.

    Raises:
        InputError: It is not installed.
    """
    settings: dict[str, str] = {}
    if cluster_address() is None:
        settings |= LOCAL
        if "ray" not in sys.modules:
            settings |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    for name, value in settings.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise InputError("--workers ray needs the package ray: pip install 'gaitopt[ray]'") from error
    return ray


def check_ray() -> None:
    """Check that Ray can be used; a cluster that Ray finds itself (`auto`) is joined, and left again.

    Raises:
        InputError: It is not installed, or the cluster at `RAY_ADDRESS` does not answer.
    """
    ray = import_ray()
    if not ray.is_initialized() and (address := cluster_address()) is not None:
        check_reachable(address)
        if address == AUTO:
            _join(ray, address)
            ray.shutdown()


def join_cluster() -> bool:
    """Join the cluster at `RAY_ADDRESS`, or start a local Ray; return whether to call `ray.shutdown` at the end.

    A program that has already joined a cluster stays there.

    Raises:
        InputError: Ray is not installed, or the cluster cannot be reached.
    """
    ray = import_ray()
    if ray.is_initialized():
        return False
    if (address := cluster_address()) is not None:
        check_reachable(address)
        _join(ray, address)
    else:
        _start_local(ray)
    return True


def _join(ray: Any, address: str) -> None:
    try:
        _init(ray, address=address)
    except Exception as error:
        raise unreachable(address, first_line(error)) from error


def _start_local(ray: Any) -> None:
    for attempt in range(ATTEMPTS):
        try:
            _init(
                ray,
                address="local",
                num_cpus=default_count(),
                include_dashboard=False,
                object_store_memory=STORE_BYTES,
                _node_ip_address="127.0.0.1",
            )
            return
        except Exception as error:
            if attempt == ATTEMPTS - 1:
                raise InputError(
                    f"a local Ray cannot be started: {first_line(error)}; if the machine is busy, try --workers N, "
                    "which works without Ray"
                ) from error


def _init(ray: Any, **options: Any) -> None:
    _silence()
    try:
        with interrupt_delayed(), _sigterm_kept():  # half stopped, Ray crashes at exit
            ray.init(**options, log_to_driver=False, configure_logging=False, logging_level=logging.CRITICAL)
    except BaseException:
        ray.shutdown()
        raise


def cluster_address() -> str | None:
    """Return the address of the cluster to use, `HOST:PORT` or `auto`; None for a local Ray.

    Raises:
        InputError: The address is of another form.
    """
    address = os.environ.get(VARIABLE, "").strip()
    if address in ("", "local"):
        return None
    if address != AUTO:
        _split(address)
    return address


def check_reachable(address: str, patience_s: float = PATIENCE_S) -> None:
    """Check that a Ray head answers at `HOST:PORT`; `auto` is left to Ray, which knows at once.

    Args:
        address: Address of the head.
        patience_s: Time it may take to answer [s].

    Raises:
        InputError: There is no answer, or none of a Ray head.
    """
    if address == AUTO:
        return
    try:
        with socket.create_connection(_split(address), timeout=patience_s) as connection:
            connection.sendall(GREETING)
            answer = connection.recv(9, socket.MSG_WAITALL)
    except OSError as error:
        reason = "no answer" if isinstance(error, TimeoutError) else error.strerror or error
        raise unreachable(address, str(reason)) from error
    if len(answer) < 9 or answer[3] != SETTINGS:
        raise unreachable(address, "the server there is not Ray")


def unreachable(address: str, reason: str) -> InputError:
    """Return the error for a cluster that cannot be reached."""
    return InputError(
        f"{VARIABLE}={address}: no Ray cluster can be reached there ({reason}); start its head with "
        f"'ray start --head', or unset {VARIABLE} to use this machine alone"
    )


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    with suppress(ValueError):
        if host and "/" not in address and 0 < int(port) < 65536:
            return host.strip("[]"), int(port)
    raise InputError(f"{VARIABLE}: got {address!r}; expected HOST:PORT of the cluster's head, 'auto' or 'local'")


def first_line(error: BaseException) -> str:
    """Return the first line of an error of Ray, without the pages that follow."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _silence() -> None:
    """Stop Ray from printing every dead worker on standard output; they are replaced."""
    with suppress(ImportError):
        from ray._private import worker  # there is no public setting

        worker._worker_logs_enabled = False


@contextmanager
def _sigterm_kept() -> Iterator[None]:
    """Restore the handler of SIGTERM, which Ray replaces."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
