"""A stopwatch by light beams; how beams are told from one another is tested with the gate itself."""

import pytest
from memory_link import MemoryLink

from gaitopt.emulators.light_gate import GateFirmware
from gaitopt.hal.body import BodyState
from gaitopt.hal.serial.light_gate import CLOCK_RANGE, LightGate
from gaitopt.walk.stopwatch import GateStopwatch, KeyStopwatch, SpoiledError

NOWHERE = BodyState(99.0, None, None, None, None, None)  # its clock, of the body, must play no part


def set_up(firmware, keys=None):
    link = MemoryLink(firmware)
    gate = LightGate(link)
    gate.configure()
    return link, GateStopwatch(gate, keys)


def test_the_gates_own_clock_counts():
    firmware = GateFirmware()
    link, watch = set_up(firmware)
    watch.begin()
    begun = link.now()
    firmware.trip("S", begun + 1.25)
    firmware.trip("F", begun + 4.0)
    seen = []
    for _ in range(9):
        link.sleep(0.5)
        seen.append((watch.started is not None, watch.update(NOWHERE)))
    assert watch.elapsed == pytest.approx(2.75, abs=0.001)
    assert [finished for _, finished in seen] == [False] * 7 + [True] * 2


def test_each_walk_begins_anew():
    firmware = GateFirmware()
    link, watch = set_up(firmware)
    firmware.trip("S", link.now() + 0.1)  # somebody carries the robot back through the beams
    firmware.trip("F", link.now() + 0.2)
    link.sleep(1.0)
    watch.begin()
    assert not watch.update(NOWHERE)
    assert (watch.started, watch.finished, watch.elapsed) == (None, None, None)


def test_a_clock_that_begins_anew_on_the_way():
    """The board counts milliseconds in 32 bits: 300 ms to its end, then 700 ms more."""
    firmware = GateFirmware()
    link, watch = set_up(firmware)
    firmware.reset((1300 - CLOCK_RANGE) / 1000)  # switched on so long ago
    watch.begin()
    overflow = 1.3  # [s]
    assert link.now() < overflow - 0.3
    firmware.trip("S", overflow - 0.3)
    firmware.trip("F", overflow + 0.7)
    link.sleep(5.0)
    assert watch.update(NOWHERE)
    assert watch.elapsed == pytest.approx(1.0, abs=0.002)


class Typist:
    def __init__(self, *keys):
        self.keys = list(keys)

    def pressed(self):
        return self.keys.pop(0) if self.keys else ""


def test_an_operator_may_spoil_a_walk_that_a_gate_times():
    _, watch = set_up(GateFirmware(), Typist("x", "r"))
    watch.begin()
    watch.update(NOWHERE)  # other keys mean nothing here
    with pytest.raises(SpoiledError, match="rejected"):
        watch.update(NOWHERE)


def test_a_walk_that_is_spoiled_while_the_robot_stands_up_does_not_begin():
    with pytest.raises(SpoiledError):
        KeyStopwatch(Typist("R")).begin()
    KeyStopwatch(Typist(" ")).begin()
