"""A line over a serial port of this computer; the only module that imports pyserial."""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from contextlib import suppress

import serial
from serial.tools import list_ports

from gaitopt.errors import BodyError
from gaitopt.hal.link import Link
from gaitopt.hal.serial.ports import PortInfo, permission_advice, stolen_chip_advice

try:
    import termios
except ImportError:  # Windows
    TERMIOS_ERRORS: tuple[type[Exception], ...] = ()
else:
    TERMIOS_ERRORS = (termios.error,)

PORT_ERRORS: tuple[type[Exception], ...] = (OSError, *TERMIOS_ERRORS)
"""Errors that pyserial raises when a port fails; its own error is an OSError."""
WRITE_TIMEOUT = 1.0
"""Time after which a port that accepts no bytes is given up [s]."""
MOST_BYTES = 4096
"""Most bytes of one read; the operating system buffers no more."""
BUSY = (errno.EBUSY, errno.EAGAIN, errno.EACCES)
"""Errors of a port that another program has locked."""


class SerialLink(Link):
    """An open serial port, 8 data bits, no parity, one stop bit, no flow control.

    Args:
        port: such as /dev/ttyUSB0 or COM3.
        baud: bits per second.

    Raises:
        BodyError: the port cannot be opened; says why and what to do.
    """

    def __init__(self, port: str, baud: int) -> None:
        self.name = port
        _check_file(port)
        try:
            self._serial = _closed_port(port, baud)
            self._serial.open()
        except ValueError:
            raise BodyError(f"{port}: {baud} baud cannot be set; see the robot's manual for its speed") from None
        except PORT_ERRORS as error:
            raise BodyError(_why_not_open(port, error)) from error
        self._fd: int | None = self._serial.fd if os.name == "posix" else None
        _settle_lines(self._serial)

    def write(self, data: bytes) -> None:
        """Send bytes."""
        try:
            self._serial.write(data)
        except serial.SerialTimeoutException:
            raise BodyError(f"{self.name}: the port accepts no bytes; plug the robot in again") from None
        except PORT_ERRORS as error:
            raise self._lost(error) from error

    def read(self, timeout: float) -> bytes:
        """Return what arrives as soon as anything does; nothing if `timeout` [s] passes first."""
        try:
            return _read_by_select(self._fd, timeout) if self._fd is not None else self._read_by_pyserial(timeout)
        except PORT_ERRORS as error:
            raise self._lost(error) from error

    def flush_input(self) -> None:
        """Discard what has arrived and was not read."""
        try:
            self._serial.reset_input_buffer()
        except PORT_ERRORS as error:
            raise self._lost(error) from error

    def now(self) -> float:
        """Return the computer's monotonic time [s]."""
        return time.perf_counter()

    def sleep(self, duration: float) -> None:
        """Let `duration` [s] pass."""
        time.sleep(max(duration, 0.0))

    def cut(self, data: bytes) -> None:
        """Pass bytes directly to the operating system, behind what it has not sent yet; never raises."""
        with suppress(Exception):
            if self._fd is not None:
                _write_urgently(self._fd, data)
            elif os.name != "posix":
                self._serial.write(data)

    def close(self) -> None:
        """Close the port; harmless when repeated."""
        self._fd = None  # first: its number may soon name another file
        with suppress(*PORT_ERRORS):
            self._serial.close()

    def _read_by_pyserial(self, timeout: float) -> bytes:
        self._serial.timeout = max(timeout, 0.0)
        data: bytes = self._serial.read(1)
        return data + self._serial.read(self._serial.in_waiting) if data else data

    def _lost(self, error: Exception) -> BodyError:
        if not self._serial.is_open:
            return BodyError(f"{self.name}: the port is closed; open it again")
        return BodyError(
            f"{self.name}: the port is lost ({error}); check cable and power, plug it in again, and restart"
        )


def _read_by_select(fd: int, timeout: float) -> bytes:
    """Wait for bytes without pyserial, which would reconfigure the port at each change of its timeout."""
    if not select.select([fd], [], [], max(timeout, 0.0))[0]:
        return b""
    try:
        data = os.read(fd, MOST_BYTES)
    except BlockingIOError:  # another program read them
        return b""
    if not data:  # the port was unplugged
        raise OSError(errno.EIO, "the device is gone")
    return data


def _write_urgently(fd: int, data: bytes) -> None:
    """Write all of `data`, if necessary by discarding what waits to be sent."""
    with suppress(BlockingIOError):
        if os.write(fd, data) == len(data):
            return
    termios.tcflush(fd, termios.TCOFLUSH)
    os.write(fd, data)


def find_ports() -> list[PortInfo]:
    """Return the serial ports of this computer, those of USB chips first, without the unused sockets of PC boards."""
    ports = sorted(list_ports.comports())
    usb = [port for port in ports if port.vid is not None]
    others = [port for port in ports if port.vid is None and not port.name.startswith("ttyS")]
    return [PortInfo(port.device, port.description or "n/a") for port in usb + others]


def _closed_port(port: str, baud: int) -> serial.Serial:
    """Return a port that is set up but not open yet.

    A board with the usual two transistors resets while DTR is off and RTS on (BetaRavener/uPyLoader#48). Linux switches
    both on at opening, so RTS must go off first. pyserial would switch DTR first, but leaves it to `_settle_lines` when
    DTR is said to be for flow control, which on POSIX changes nothing else.
    """
    closed = serial.Serial()  # given the port's name here, it would be opened at once
    closed.port = port
    closed.baudrate = baud
    closed.write_timeout = WRITE_TIMEOUT
    closed.exclusive = True
    closed.dtr = False
    closed.rts = False
    closed.dsrdtr = os.name == "posix"
    return closed


def _settle_lines(port: serial.Serial) -> None:
    """Switch DTR off, keep the lines as they are at closing, and ask the USB chip not to hold bytes back."""
    if os.name != "posix":
        return
    with suppress(OSError):  # a pseudo-terminal has no such lines
        port.dtr = False
    with suppress(*TERMIOS_ERRORS):
        settings = termios.tcgetattr(port.fd)
        settings[2] &= ~termios.HUPCL
        termios.tcsetattr(port.fd, termios.TCSANOW, settings)
    with suppress(AttributeError, NotImplementedError, OSError, ValueError):  # Linux only, and not every chip
        port.set_low_latency_mode(True)


def _check_file(port: str) -> None:
    """Refuse a file that is not a serial port."""
    if os.name != "posix" or not os.path.exists(port):
        return  # names on Windows are not files; a missing port fails at opening
    mode = os.stat(port).st_mode
    if not stat.S_ISCHR(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a file"
        raise BodyError(f"{port}: this is {kind}, not a serial port; {_ports_found()}")


def _why_not_open(port: str, error: Exception) -> str:
    """Return why a port did not open, and what to do."""
    text, number = str(error), _error_number(error)
    if number == errno.ENOENT or "FileNotFoundError" in text:
        return f"{port}: no such port; {_ports_found()}"
    if number == errno.EACCES and (advice := permission_advice(port)):
        return advice
    if number in BUSY or "PermissionError" in text:
        hint = f" (`fuser {port}` shows which)" if os.name == "posix" else ""
        return f"{port}: another program uses this port{hint}; close it and try again"
    if number == errno.ENOTTY:
        return f"{port}: this is not a serial port; {_ports_found()}"
    if number in (errno.EIO, errno.ENXIO, errno.ENODEV):
        return f"{port}: no device behind this port; plug it in again; {_ports_found()}"
    return f"{port}: the port cannot be opened ({text}); plug it in again"


def _error_number(error: Exception) -> int | None:
    """Return the operating system's number of an error; pyserial hides some in the error's context."""
    for candidate in (error, error.__context__):
        if isinstance(candidate, PORT_ERRORS) and candidate.args and isinstance(candidate.args[0], int):
            return candidate.args[0]
    return None


def _ports_found() -> str:
    """Return which ports there are, or why there is none."""
    found = find_ports()
    if found:
        return f"found: {', '.join(map(str, found))}"
    return stolen_chip_advice() or "found no port; plug the robot in, with a cable that carries data"
