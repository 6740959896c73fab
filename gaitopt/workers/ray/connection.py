"""Joining a Ray cluster, or starting a Ray on this machine alone; see docs.ray.io.

Ray itself waits two minutes for a head that is not there, and fills the terminal meanwhile: ask before it does.
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
from gaitopt.workers.worker_process import interrupt_held_back

VARIABLE, AUTO = "RAY_ADDRESS", "auto"
"""Names the cluster, and leaves it to Ray to find one, as Ray's own programs have it."""

PATIENCE_S = 10.0
"""How long a head may take to answer [s]."""

GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)
"""How an HTTP/2 client begins, with empty settings (RFC 9113, 3.4): heads of Ray speak gRPC, which is HTTP/2."""

LOCAL = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
"""Environment of a local Ray: it calls nobody, and its workers are no slower than other processes."""

ATTEMPTS = 3
"""How often a local Ray is started: where parts of it take more than 15 s to start, on a busy machine, it gives up."""

STORE_BYTES = 80 * 2**20
"""Shared memory of a local Ray; results are small."""

SETTINGS = 4
"""Type of the frame with which an HTTP/2 server answers; in the fourth byte (RFC 9113, 4.1 and 6.5)."""


def import_ray() -> Any:
    """Return the module `ray`; it reads its environment when it is imported first.

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
    """Check that there is a Ray; one that Ray is to find by itself (`auto`) is joined, and left again.

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
    """Join the cluster at `RAY_ADDRESS`, or start a Ray here; return whether that is to be ended by `ray.shutdown`.

    A program that has joined a cluster by itself stays where it is.

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
                    f"a local Ray cannot be started: {first_line(error)}; is it too busy? --workers N does without"
                ) from error


def _init(ray: Any, **options: Any) -> None:
    _silence()
    try:
        with interrupt_held_back(), _sigterm_kept():  # stopped by half, Ray crashes at exit
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
    """Check that a head of a Ray cluster may be at `HOST:PORT`; `auto` is left to Ray, which knows at once.

    Args:
        address: Of the head.
        patience_s: How long it may take to answer [s].

    Raises:
        InputError: Nobody answers there, or not as Ray does.
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
        raise unreachable(address, "something else than Ray answers there")


def unreachable(address: str, reason: str) -> InputError:
    """Return the error for a cluster that cannot be used."""
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
    """Return what an error of Ray's says, without the pages that follow."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _silence() -> None:
    """Keep Ray from telling on standard output of each worker that died: it is replaced."""
    with suppress(ImportError):
        from ray._private import worker  # there is no public switch for it

        worker._worker_logs_enabled = False


@contextmanager
def _sigterm_kept() -> Iterator[None]:
    """Have SIGTERM do what it did: Ray takes it for itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
