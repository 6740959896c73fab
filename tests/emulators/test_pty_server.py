"""Firmware behind a pseudo-terminal, in real time: what clients see. Nothing here is judged by the clock."""

import os
import subprocess
import sys
import threading
from contextlib import closing, contextmanager

import numpy as np
import pytest
from echo import Echo

from gaitopt.emulators.faults import FaultSpec, FaultyLine
from gaitopt.emulators.light_gate import GateFirmware
from gaitopt.emulators.pty_server import PtyServer, serve
from gaitopt.errors import BodyError
from gaitopt.hal.serial.light_gate import LightGate
from gaitopt.hal.serial.serial_link import SerialLink


@contextmanager
def served(*servers):
    """Serve in a thread, and hand on what goes wrong there."""
    stop = threading.Event()
    errors = []

    def run():
        try:
            serve(servers, stop)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join()
        for server in servers:
            server.close()
        assert errors == []


@contextmanager
def opened(server, baud=115200):
    link = SerialLink(server.port, baud)
    try:
        yield link
    finally:
        link.close()


def unplugged():
    """Return a line whose plug is pulled as soon as it is served."""
    return FaultyLine(FaultSpec(unplug=0.0), np.random.default_rng(0))


def received(link, count):
    data = b""
    while len(data) < count:
        more = link.read(10.0)
        assert more, f"only {data!r} arrived"
        data += more
    return data


def test_every_byte_goes_through_unchanged_both_ways():
    server = PtyServer(Echo())
    with served(server), opened(server) as link:
        link.write(bytes(range(256)))
        assert received(link, 256) == bytes(range(256))


def test_late_answers_come_by_themselves():
    server = PtyServer(Echo(late=0.02))
    with served(server), opened(server) as link:
        link.write(b"hello")
        assert received(link, 5) == b"hello"


def test_clients_may_come_and_go():
    server = PtyServer(Echo())
    with served(server) as thread:
        for turn in (b"first", b"second", b"third"):
            with opened(server) as link:
                link.write(turn)
                assert received(link, len(turn)) == turn
        assert thread.is_alive()


def test_a_client_of_another_process_is_served():
    server = PtyServer(Echo())
    code = "import sys, serial; s = serial.Serial(sys.argv[1], 1000000, timeout=10); s.write(b'hi'); print(s.read(2))"
    with served(server):
        run = subprocess.run([sys.executable, "-c", code, server.port], capture_output=True, text=True, check=True)
    assert run.stdout == "b'hi'\n"


def test_a_client_sees_the_plug_being_pulled():
    server = PtyServer(Echo(), unplugged())
    with opened(server) as link, served(server) as thread:
        with pytest.raises(BodyError, match="lost"):
            link.read(10.0)
        thread.join()
        assert not server.is_open
        assert not os.path.exists(server.port)
        server.close()


def test_the_plug_is_pulled_at_its_time():
    now = [0.0]
    server = PtyServer(Echo(), FaultyLine(FaultSpec(unplug=5.0), np.random.default_rng(0)), lambda: now[0])
    with opened(server) as link:
        now[0] = 4.9
        server.step()
        assert server.is_open
        now[0] = 5.0
        server.step()
        assert not server.is_open
        with pytest.raises(BodyError, match="lost"):
            link.read(10.0)


def test_faults_work_in_both_directions():
    """Everything arrives twice at the echo, and each echo twice at the host."""
    server = PtyServer(Echo(), FaultyLine(FaultSpec(duplicate=1.0), np.random.default_rng(0)))
    with served(server), opened(server) as link:
        link.write(b"ab")
        assert received(link, 8) == b"abababab"


def test_a_board_resets_at_power_on_and_at_its_time():
    now = [0.0]
    echo = Echo()
    line = FaultyLine(FaultSpec(reset=5.0), np.random.default_rng(0))
    with closing(PtyServer(echo, line, lambda: now[0])) as server:
        assert echo.resets == 1
        now[0] = 6.0
        server.step()
        assert echo.resets == 2


def test_a_board_that_talks_to_nobody_does_not_get_stuck():
    server = PtyServer(Echo())
    with opened(server) as link:
        for _ in range(300):
            link.write(bytes(1000))
            server.step()
            server.step()
        link.flush_input()
        with served(server):
            link.write(b"still there?")
            assert received(link, 12).endswith(b"still there?")


def test_a_robot_and_its_gate_are_served_in_one_loop():
    gate_firmware = GateFirmware()

    class Robot(Echo):
        def feed(self, data, now):
            gate_firmware.trip("S" if data == b"go" else "F", now)
            return super().feed(data, now)

    robot, board = PtyServer(Robot()), PtyServer(gate_firmware)
    with served(robot, board), opened(robot) as link, opened(board) as gate_link:
        gate = LightGate(gate_link)
        gate.configure()
        for command in (b"go", b"stop"):
            link.write(command)
            received(link, len(command))
            gate_link.sleep(0.005)
        passage = gate.poll()
        while passage.finished is None:
            gate_link.sleep(0.005)
            passage = gate.poll()
        assert passage.duration > 0.0


def test_one_lost_port_leaves_the_others():
    one, other = PtyServer(Echo(), unplugged()), PtyServer(Echo())
    with served(one, other) as thread, opened(other) as link:
        while one.is_open:
            link.sleep(0.005)
        link.write(b"here")
        assert received(link, 4) == b"here"
        assert thread.is_alive()


def test_it_waits_for_the_firmwares_next_event():
    echo, now = Echo(late=0.03), [0.0]
    with closing(PtyServer(echo, clock=lambda: now[0])) as server:
        assert server.wait() == 0.05
        echo.feed(b"a", 0.0)
        assert server.wait() == 0.03
        now[0] = 1.0
        assert server.wait() == 0.0


def test_serving_stops_and_leaves_the_port():
    stop = threading.Event()
    with closing(PtyServer(Echo())) as server:
        thread = threading.Thread(target=serve, args=([server], stop))
        thread.start()
        with opened(server) as link:
            link.write(b"hi")
            assert received(link, 2) == b"hi"
        stop.set()
        thread.join()
        assert server.is_open
