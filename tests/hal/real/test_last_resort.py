"""Servos off on every exit from the process: real processes on pseudo-terminals, and the bytes they send."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from serial_rigs import ROBOTS, make_firmware, poses_in, servos_off

from gaitopt.emulators.pty_server import PtyServer, serve
from gaitopt.hal.real import last_resort

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals and signals")

CHILD = """
import signal, sys, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the parent may ignore it, as nohup does
from gaitopt.hal.address import parse_address
from gaitopt.hal.real.connection import make_driver
from gaitopt.hal.real.body import RealBody
from gaitopt.hal.real.safety import SafetyLimits
from gaitopt.hal.serial.serial_link import SerialLink
from gaitopt.hal.wiring import rest_pose
from gaitopt.robot.spec import load_robot

name, port, baud, mode = sys.argv[1:]
robot = load_robot(name)

def connect():
    link = SerialLink(port, int(baud))
    return make_driver(robot, link, int(baud)), link

def walk(seconds):
    print("ready", flush=True)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        body.command(rest_pose(robot))
        body.advance(body.command_period)

def wait():
    print("ready", flush=True)
    sys.stdin.readline()

body = RealBody(robot, connect, SafetyLimits(hold_after=60.0, stop_after=60.0, gentle_speed=20.0))
if mode in ("wait", "walk", "raise inside"):
    with body:
        body.activate(rest_pose(robot), 0.05)
        {"wait": wait, "walk": lambda: walk(60), "raise inside": wait}[mode]()
        raise RuntimeError("on purpose")
body.configure()
body.activate(rest_pose(robot), 0.05)
wait()
if mode == "raise":
    raise RuntimeError("on purpose")
if mode == "exit":
    sys.exit(3)
if mode == "thread":  # it dies in a thread, the main thread comes to its end
    import threading
    threading.Thread(target=lambda: 1 / 0).start()
"""


class Recorder:
    """Firmware that keeps what it was fed, and when [s]."""

    def __init__(self, firmware):
        self.firmware, self.heard = firmware, []

    def feed(self, data, now):
        self.heard.append((time.monotonic(), data))
        return self.firmware.feed(data, now)

    def tick(self, now):
        return self.firmware.tick(now)

    def next_event(self):
        return self.firmware.next_event()

    def reset(self, now):
        return self.firmware.reset(now)


class Way:
    """A process that commands an emulated robot until it is stopped."""

    def __init__(self, kind, mode, recorder, plant, port):
        self.kind, self.plant, self._recorder = kind, plant, recorder
        self.baud = 115_200 if kind == "opencat" else 1_000_000
        words = [sys.executable, "-c", CHILD, ROBOTS[kind], port, str(self.baud), mode]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        self.process = subprocess.Popen(words, text=True, **pipes)
        assert self.process.stdout.readline() == "ready\n", self.process.stderr.read()
        self.started = time.monotonic()

    def leave(self, number=None):
        """Send a signal, or else word to go on, wait for the end, and return what was written since then."""
        while self._recorder.heard[-1][0] > time.monotonic() - 0.05 and time.monotonic() < self.started + 0.3:
            time.sleep(0.01)
        self.started = time.monotonic()
        if number is not None:
            self.process.send_signal(number)
        else:
            self.process.stdin.write("go\n")
            self.process.stdin.flush()
        self.code, self.error = self.process.wait(60), self.process.stderr.read()
        time.sleep(0.1)
        return [(at - self.started, data) for at, data in self._recorder.heard if at >= self.started]


@contextmanager
def way(kind, mode):
    """Run a process on an emulated robot that has booted already."""
    firmware, plant = make_firmware(kind)
    recorder, ahead = Recorder(firmware), [0.0]
    server = PtyServer(recorder, clock=lambda: time.monotonic() + ahead[0])
    ahead[0] = 10.0
    stop = threading.Event()
    thread = threading.Thread(target=serve, args=([server], stop))
    thread.start()
    process = None
    try:
        found = Way(kind, mode, recorder, plant, server.port)
        process = found.process
        yield found
    finally:
        if process is not None:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()
            process.stderr.close()
        stop.set()
        thread.join()
        server.close()


def check_off(found, written):
    """The first bytes are servos off; nothing after them commands a pose; the servos are limp."""
    off, everything = servos_off(found.kind), b"".join(data for _, data in written)
    assert everything.startswith(off)
    assert not any(poses_in(found.kind, data) for _, data in written)
    assert not found.plant.powered
    print(f"{found.kind}: servos off {1000 * written[0][0]:.1f} ms after it")


@pytest.mark.parametrize(
    ("kind", "name"),
    [("dynamixel", "SIGINT"), ("dynamixel", "SIGTERM"), ("opencat", "SIGTERM"), ("opencat", "SIGHUP")],
)
def test_a_signal_cuts_the_servos_before_anything_else(kind, name):
    number = getattr(signal, name)
    with way(kind, "wait") as found:
        assert found.plant.powered
        written = found.leave(number)
        check_off(found, written)
    assert found.code == {"SIGINT": -signal.SIGINT}.get(name, 128 + number), found.error


@pytest.mark.parametrize(("kind", "name"), [("dynamixel", "SIGINT"), ("opencat", "SIGINT")])
def test_a_signal_amid_a_walk_is_the_end_of_commands(kind, name):
    with way(kind, "walk") as found:
        time.sleep(0.2)
        written = found.leave(getattr(signal, name))
        off = servos_off(kind)
        first = next(i for i, (_, data) in enumerate(written) if off in data)
        print(f"{kind}: servos off {1000 * written[first][0]:.1f} ms after it, amid a walk")
        assert not any(poses_in(kind, data) for _, data in written[first + 1 :])
        assert not found.plant.powered


@pytest.mark.parametrize(
    ("kind", "mode", "code"),
    [
        ("opencat", "raise", 1),
        ("dynamixel", "raise inside", 1),
        ("opencat", "exit", 3),
        ("opencat", "thread", 0),
    ],
)
def test_every_other_way_out_cuts_the_servos(kind, mode, code):
    with way(kind, mode) as found:
        written = found.leave()
        check_off(found, written)
    assert found.code == code
    assert ("on purpose" in found.error) == mode.startswith("raise")


# In this process.


@pytest.fixture
def called():
    """What was called, in order; handlers of SIGHUP and SIGINT are put back."""
    kept = {number: signal.getsignal(number) for number in last_resort.SIGNALS}
    called = []
    signal.signal(signal.SIGHUP, lambda number, frame: called.append("handler"))
    yield called
    for number, handler in kept.items():
        signal.signal(number, handler)
    assert not last_resort._armed


def test_the_cut_comes_before_the_handler_that_was_there(called):
    ticket = last_resort.arm(lambda: called.append("cut"))
    signal.raise_signal(signal.SIGHUP)
    assert called == ["cut", "handler"]
    last_resort.disarm(ticket)
    signal.raise_signal(signal.SIGHUP)
    assert called == ["cut", "handler", "handler"]


def test_a_signal_without_a_handler_ends_the_process(called):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    ticket = last_resort.arm(lambda: called.append("cut"))
    with pytest.raises(SystemExit) as ended:
        signal.raise_signal(signal.SIGHUP)
    assert ended.value.code == 128 + signal.SIGHUP
    assert called == ["cut"]
    last_resort.disarm(ticket)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_so(called):
    """As under nohup: the user closes the terminal and wants the robot to continue."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ticket = last_resort.arm(lambda: called.append("cut"))
    signal.raise_signal(signal.SIGHUP)
    assert called == []
    last_resort.disarm(ticket)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_every_robot_is_cut(called):
    tickets = [last_resort.arm(lambda name=name: called.append(name)) for name in ("first", "second")]
    last_resort.disarm(tickets[0])
    tickets.append(last_resort.arm(lambda: called.append("third")))
    signal.raise_signal(signal.SIGHUP)
    assert called == ["second", "third", "handler"]
    for ticket in tickets:
        last_resort.disarm(ticket)


def test_an_old_ticket_disarms_nobody_else(called):
    """A body that is closed twice must not leave another one without its last resort."""
    old = last_resort.arm(lambda: called.append("old"))
    last_resort.disarm(old)
    new = last_resort.arm(lambda: called.append("new"))
    last_resort.disarm(old)
    signal.raise_signal(signal.SIGHUP)
    assert called == ["new", "handler"]
    last_resort.disarm(new)


def in_a_thread(act):
    thread = threading.Thread(target=act)
    thread.start()
    thread.join()


def test_disarmed_in_a_thread_and_armed_again(called):
    """Signals can only be set in the main thread; what was set before must not be taken for the user's."""
    ticket = last_resort.arm(lambda: called.append("first"))
    in_a_thread(lambda: last_resort.disarm(ticket))
    ticket = last_resort.arm(lambda: called.append("second"))
    signal.raise_signal(signal.SIGHUP)
    assert called == ["second", "handler"]
    last_resort.disarm(ticket)
    signal.raise_signal(signal.SIGHUP)
    assert called == ["second", "handler", "handler"]


def test_armed_in_a_thread_it_waits_for_the_exit(called):
    tickets = []
    in_a_thread(lambda: tickets.append(last_resort.arm(lambda: called.append("cut"))))
    signal.raise_signal(signal.SIGHUP)
    assert called == ["handler"]
    last_resort.cut_all()
    assert called == ["handler", "cut"]
    last_resort.disarm(tickets[0])
