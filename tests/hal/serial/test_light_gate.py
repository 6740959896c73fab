"""The light gate's two sides, held against each other and against lines written by hand."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_link import MemoryLink

from gaitopt.emulators.light_gate import GateFirmware
from gaitopt.errors import BodyError
from gaitopt.hal.serial.light_gate import LightGate, Passage


class Script:
    """Firmware that sends given bytes on demand, whatever it receives."""

    def __init__(self, answer=b""):
        self.answer = answer
        self.waiting = b""

    def feed(self, data, now):
        return self.answer

    def tick(self, now):
        said, self.waiting = self.waiting, b""
        return said

    def next_event(self):
        return None

    def reset(self, now):
        return b""


@pytest.fixture
def firmware():
    return GateFirmware()


@pytest.fixture
def link(firmware):
    return MemoryLink(firmware, name="gate")


@pytest.fixture
def gate(link):
    gate = LightGate(link)
    gate.configure()
    return gate


def seen(*chunks):
    """Return what a gate makes of chunks of bytes that arrive one after the other."""
    script = Script()
    gate = LightGate(MemoryLink(script))
    for chunk in chunks:
        script.waiting = chunk
        passage = gate.poll()
    return passage


def test_a_traversal_is_timed_by_the_gates_clock(gate, firmware, link):
    assert gate.poll() == Passage(None, None)
    link.sleep(1.5)
    firmware.trip("S", link.now())
    assert gate.poll() == Passage(1.5, None)
    assert gate.poll().duration is None
    link.sleep(4.25)
    firmware.trip("F", link.now())
    assert gate.poll() == Passage(1.5, 5.75)
    assert gate.poll().duration == 4.25


def test_poll_does_not_wait(gate, link):
    before = link.now()
    gate.poll()
    assert link.now() == before


def test_the_nose_counts_at_both_lines():
    """By hand: nose 1.000 s, legs and tail after; at the finish nose 6.500 s. The finish before the start is a hand."""
    lines = b"F 400\r\nS 1000\r\nS 1080\r\nS 1900\r\nF 6500\r\nF 6610\r\nS 7000\r\nF 9000\r\n"
    assert seen(lines) == Passage(1.0, 6.5)
    assert seen(lines).duration == 5.5


@given(st.lists(st.integers(0, 40), max_size=10))
def test_lines_may_arrive_in_any_pieces(cuts):
    lines = b"F 400\r\nS 1000\r\nS 1080\r\nF 6500\r\nF 6610\r\n"
    edges = [0, *sorted(cuts), len(lines)]
    assert seen(*(lines[a:b] for a, b in itertools.pairwise(edges))) == Passage(1.0, 6.5)


@pytest.mark.parametrize(
    "garbage",
    [
        *(
            b"S\n",
            b"S 12a\n",
            b"s 12\n",
            b"SS 12\n",
            b"S  12\n",
            b"S -1\n",
            b"S 12 \n",
            b"S \xd9\xa3\n",
            b"\xff\xfe 3\n",
        ),
        *(b"S 4294967296\n", b"S 99999999999\n", b"S " + b"1" * 500 + b"\n", bytes(range(11, 256)) + b"\n"),
    ],
)
def test_invalid_lines_are_ignored(garbage):
    assert seen(garbage) == Passage(None, None)
    assert seen(garbage, b"S 1000\n", garbage, b"F 2000\n", garbage) == Passage(1.0, 2.0)


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(data):
    seen(data, data)


def test_the_clock_may_start_anew_on_the_way():
    """The board's 32 bits of milliseconds end after 49.7 days."""
    assert seen(b"S 4294966296\nF 3000\n").duration == pytest.approx(4.0)
    firmware = GateFirmware()
    link = MemoryLink(firmware)
    firmware.reset(-(2**32 - 1000) / 1000)  # switched on so long ago
    gate = LightGate(link)
    firmware.trip("S", 0.0)
    link.sleep(4.0)
    firmware.trip("F", 4.0)
    assert gate.poll() == Passage(4294966.296, 3.0)
    assert gate.poll().duration == pytest.approx(4.0)


def test_reset_discards_times_and_waiting_bytes(gate, firmware, link):
    firmware.trip("S", link.now())
    gate.poll()
    firmware.trip("F", link.now())
    gate.reset()
    assert gate.poll() == Passage(None, None)


def test_configure_asks_again_until_the_board_has_started():
    class Slow(GateFirmware):
        def feed(self, data, now):
            return super().feed(data, now) if now > 2.0 else b"\x00\xf3"

    link = MemoryLink(Slow())
    LightGate(link).configure()
    assert 2.0 < link.now() <= 2.5
    assert {data for _, data in link.sent} == {b"?"}


def test_configure_is_quick_with_a_ready_board(link):
    LightGate(link).configure()
    assert link.now() == 0.0


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", "gate: no light gate answers: expected 'gaitopt-gate 1' in answer to '?'; check the port"),
        (b"Bittle X\r\nB10_260717\r\n?\r\n", "gate: this is not a light gate: expected 'gaitopt-gate 1'"),
        (b"gaitopt-gate 2\r\n", "got 'gaitopt-gate 2'; choose another port"),
        (b"\xff\xff\xfd\x00\n", "got "),
    ],
)
def test_another_device_is_refused_in_bounded_time(answer, expected):
    link = MemoryLink(Script(answer), name="gate")
    with pytest.raises(BodyError) as caught:
        LightGate(link).configure()
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
    assert link.now() <= 6.0


def test_a_lost_line_is_an_error(gate, link):
    link.unplug()
    with pytest.raises(BodyError, match="lost"):
        gate.poll()
    gate.close()


def test_power_on_starts_the_boards_clock_and_forgets(firmware):
    firmware.trip("S", 1.0)
    firmware.reset(10.0)
    assert firmware.tick(10.0) == b""
    firmware.trip("S", 11.5)
    assert firmware.tick(11.5) == b"S 1500\r\n"
    assert firmware.next_event() is None
