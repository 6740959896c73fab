"""A line over a serial port, held against pseudo-terminals; what goes wrong is one clear line."""

import errno
import fcntl
import os
import sys
import termios
import threading
import tty
from contextlib import suppress

import pytest
import serial
from serial.tools.list_ports_common import ListPortInfo

from gaitopt.errors import BodyError
from gaitopt.hal.serial import serial_link
from gaitopt.hal.serial.serial_link import SerialLink, find_ports


@pytest.fixture
def pty():
    """A pseudo-terminal's master, and the name of its other end."""
    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    for fd in (master, slave):
        with suppress(OSError):  # a test closed it
            os.close(fd)


@pytest.fixture
def link(pty):
    link = SerialLink(pty[1], 115200)
    yield link
    link.close()


@pytest.fixture
def no_ports(monkeypatch):
    monkeypatch.setattr(serial_link.list_ports, "comports", list)
    monkeypatch.setattr(serial_link, "stolen_chip_advice", lambda: None)


def message(port, baud=115200):
    with pytest.raises(BodyError) as caught:
        SerialLink(port, baud)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{port}: ")
    return text


def test_bytes_go_through_unchanged(pty, link):
    every_byte = bytes(range(256))
    link.write(every_byte)
    assert os.read(pty[0], 1000) == every_byte
    os.write(pty[0], every_byte)
    received = b""
    while len(received) < 256:
        received += link.read(5.0)
    assert received == every_byte


def test_read_returns_as_soon_as_anything_arrives(pty, link):
    """With a timeout of ten minutes, so that the test would hang if the timeout had to pass."""
    sender = threading.Timer(0.02, os.write, (pty[0], b"late"))
    sender.start()
    assert link.read(600.0) == b"late"


@pytest.mark.parametrize("timeout", [0.0, 0.01, -1.0])
def test_silence_is_no_bytes(link, timeout):
    before = link.now()
    assert link.read(timeout) == b""
    assert link.now() >= before + timeout


def test_flush_discards_what_arrived(pty, link):
    os.write(pty[0], b"old")
    link.flush_input()
    os.write(pty[0], b"new")
    assert link.read(5.0) == b"new"


def test_old_bytes_are_gone_after_opening(pty):
    os.write(pty[0], b"boot text of before")
    link = SerialLink(pty[1], 57600)
    assert link.read(0.0) == b""
    link.close()


def test_cut_sends_even_while_another_thread_reads(pty, link):
    reader = threading.Thread(target=link.read, args=(600.0,))
    reader.start()
    link.cut(b"off")
    assert os.read(pty[0], 100) == b"off"
    os.write(pty[0], b"go home")
    reader.join()


def fill(fd):
    with suppress(BlockingIOError):
        while True:
            os.write(fd, bytes(1000))


def test_cut_discards_what_waits_on_a_blocked_port(pty, link):
    fill(link._serial.fd)
    link.cut(b"off")
    received = b""
    while not received.endswith(b"off"):
        received += os.read(pty[0], 100_000)


def test_cut_never_raises_and_touches_no_other_file(pty, link, tmp_path):
    fd = link._serial.fd
    link.close()
    with open(tmp_path / "other", "w+b", buffering=0) as other:
        assert other.fileno() == fd  # the number is reused
        link.cut(b"off")
        assert other.read() == b""


def test_a_stuck_port_is_an_error_not_a_hang(link):
    link._serial.write_timeout = 0.01
    fill(link._serial.fd)
    with pytest.raises(BodyError, match="accepts no bytes"):
        link.write(bytes(1000))


@pytest.mark.parametrize("use", [lambda k: k.write(b"a"), lambda k: k.read(5.0), lambda k: k.flush_input()])
def test_a_port_that_vanishes_is_lost(pty, link, use):
    os.close(pty[0])
    with pytest.raises(BodyError, match=rf"^{pty[1]}: the port is lost .*plug it in again") as caught:
        use(link)
    assert "\n" not in str(caught.value)
    link.cut(b"off")
    link.close()
    link.close()


@pytest.mark.parametrize("use", [lambda k: k.write(b"a"), lambda k: k.read(5.0), lambda k: k.flush_input()])
def test_use_of_a_closed_port_is_reported(link, use):
    link.close()
    with pytest.raises(BodyError, match="the port is closed; open it again"):
        use(link)


def test_a_port_is_for_one_program(pty, link):
    assert "another program uses this port (`fuser" in message(pty[1])
    link.close()
    SerialLink(pty[1], 115200).close()


def test_a_missing_port_names_those_there_are(monkeypatch):
    found = ListPortInfo("/dev/ttyUSB0")
    found.vid, found.pid, found.description = 0x10C4, 0xEA60, "CP2102 USB to UART"
    monkeypatch.setattr(serial_link.list_ports, "comports", lambda: [found])
    assert message("/dev/ttyUSB7").endswith("no such port; found: /dev/ttyUSB0 (CP2102 USB to UART)")


@pytest.mark.usefixtures("no_ports")
def test_no_port_at_all_asks_for_the_cable():
    assert "found no port; plug the robot in" in message("/dev/ttyUSB7")


def test_a_chip_that_brltty_took_is_named(monkeypatch):
    monkeypatch.setattr(serial_link.list_ports, "comports", list)
    monkeypatch.setattr(serial_link, "stolen_chip_advice", lambda: "brltty took it")
    assert message("/dev/ttyUSB7").endswith("no such port; brltty took it")


def test_a_file_that_is_not_a_port_is_refused(tmp_path):
    (tmp_path / "file").touch()
    assert "this is a folder, not a serial port" in message(str(tmp_path))
    assert "this is a file, not a serial port" in message(str(tmp_path / "file"))
    assert "this is not a serial port" in message("/dev/null")


def test_a_speed_that_cannot_be_is_refused(pty):
    assert "-5 baud cannot be set" in message(pty[1], -5)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (serial.SerialException(errno.EACCES, "could not open port"), "run `sudo usermod -aG dialout $USER`"),
        (serial.SerialException(errno.EBUSY, "could not open port"), "another program uses this port"),
        (serial.SerialException(errno.EIO, "could not open port"), "no device behind this port"),
        (termios.error(errno.EIO, "Input/output error"), "no device behind this port"),
        (serial.SerialException("could not open port 'COM5': FileNotFoundError(2, 'x', None, 2)"), "no such port"),
        (serial.SerialException("could not open port 'COM5': PermissionError(13, 'x', None, 5)"), "another program"),
        (serial.SerialException("something else"), "cannot be opened (something else)"),
    ],
)
def test_why_a_port_does_not_open(pty, monkeypatch, error, expected):
    def fail(self):
        raise error

    monkeypatch.setattr(serial.Serial, "open", fail)
    advice = "%s: permission denied; run `sudo usermod -aG dialout $USER`"
    monkeypatch.setattr(serial_link, "permission_advice", lambda port: advice % port)
    assert expected in message(pty[1])


def recorded_lines(monkeypatch, opening):
    """Return the requests to switch DTR (2) and RTS (4), in the order in which `opening` makes them."""
    requests = []
    real = fcntl.ioctl

    def ioctl(fd, request, *rest):
        if request in (termios.TIOCMBIS, termios.TIOCMBIC):
            requests.append((request, int.from_bytes(rest[0], sys.byteorder)))
            return b""
        return real(fd, request, *rest)

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    opening().close()
    return requests


def test_opening_resets_no_board(pty, monkeypatch):
    """DTR off while RTS is on is a reset; RTS goes off first."""
    off = termios.TIOCMBIC
    assert recorded_lines(monkeypatch, lambda: SerialLink(pty[1], 115200)) == [(off, 4), (off, 2)]


def test_pyserial_alone_would_reset(pty, monkeypatch):
    """Negative control: even with both switched off before opening."""

    def plain():
        port = serial.Serial()
        port.port, port.dtr, port.rts = pty[1], False, False
        port.open()
        return port

    assert recorded_lines(monkeypatch, plain)[0] == (termios.TIOCMBIC, 2)


def test_closing_leaves_the_lines_alone(pty, link):
    assert not termios.tcgetattr(link._serial.fd)[2] & termios.HUPCL


@pytest.mark.parametrize("baud", [57600, 115200, 1_000_000, 4_000_000])
def test_the_speed_is_set(pty, baud):
    link = SerialLink(pty[1], baud)
    assert termios.tcgetattr(link._serial.fd)[5] == getattr(termios, f"B{baud}")
    link.close()


def test_ports_of_usb_chips_come_first_and_unused_sockets_not_at_all(monkeypatch):
    sockets, bluetooth, usb = ListPortInfo("/dev/ttyS0"), ListPortInfo("/dev/rfcomm0"), ListPortInfo("/dev/ttyUSB0")
    usb.vid, usb.pid, usb.description = 0x1A86, 0x7523, "USB Serial"
    monkeypatch.setattr(serial_link.list_ports, "comports", lambda: [sockets, bluetooth, usb])
    found = find_ports()
    assert [port.device for port in found] == ["/dev/ttyUSB0", "/dev/rfcomm0"]
    assert [str(port) for port in found] == ["/dev/ttyUSB0 (USB Serial)", "/dev/rfcomm0 (serial port)"]


def test_waiting_takes_no_computing_time(link):
    """A busy wait of 0.2 s would take about as much; measured in this process's own time, not the clock's."""
    before = os.times()
    link.read(0.2)
    after = os.times()
    assert after.user + after.system - before.user - before.system < 0.1
