"""A line to firmware in memory: simulated time passes from event to event."""

import threading

import numpy as np
import pytest
from echo import Echo
from memory_link import MemoryLink

from gaitopt.emulators.faults import FaultSpec, FaultyLine
from gaitopt.errors import BodyError


class LateEcho(Echo):
    """Repeats each burst half a second later."""

    def __init__(self):
        super().__init__(late=0.5, boot=b"boot")


def booted(**arguments):
    link = MemoryLink(LateEcho(), **arguments)
    link.flush_input()
    return link


def test_power_on_resets_the_firmware():
    assert MemoryLink(LateEcho()).read(0.0) == b"boot"


def test_a_reply_comes_at_its_own_time_not_at_the_timeout():
    link = booted(start=100.0)
    link.write(b"hello")
    assert link.read(3.0) == b"hello"
    assert link.now() == 100.5


def test_an_early_timeout_leaves_the_reply_for_later():
    link = booted()
    link.write(b"hello")
    assert link.read(0.2) == b""
    assert link.now() == 0.2
    assert link.read(9.0) == b"hello"
    assert link.now() == 0.5


def test_silence_lasts_until_the_timeout():
    link = booted()
    assert link.read(2.0) == b""
    assert link.now() == 2.0


def test_sleep_lets_replies_arrive_and_flush_forgets_them():
    link = booted()
    link.write(b"one")
    link.sleep(1.0)
    assert link.now() == 1.0
    link.flush_input()
    assert link.read(0.0) == b""
    link.write(b"two")
    link.sleep(1.0)
    assert link.read(0.0) == b"two"


def test_two_replies_are_two_reads():
    link = booted()
    link.write(b"a")
    link.sleep(0.1)
    link.write(b"b")
    assert [link.read(1.0), link.read(1.0)] == [b"a", b"b"]


def test_sent_keeps_everything_with_its_time():
    firmware = LateEcho()
    link = MemoryLink(firmware)
    link.write(b"a")
    link.sleep(0.25)
    link.cut(b"off")
    assert link.sent == [(0.0, b"a"), (0.25, b"off")] == firmware.heard


def test_cut_passes_a_line_that_loses_everything():
    firmware = LateEcho()
    link = MemoryLink(firmware, faults=FaultyLine(FaultSpec(drop=1.0), np.random.default_rng(0)))
    link.write(b"lost")
    link.sleep(1.0)
    assert firmware.heard == []
    link.cut(b"off")
    assert firmware.heard == [(1.0, b"off")]


def test_a_cut_from_another_thread_waits_for_the_firmware():
    """The thread comes while the firmware takes a write; its bytes must not get between."""

    class Slow(LateEcho):
        def feed(self, data, now):
            if data == b"slow":
                thread.start()
                thread.join(0.05)
            return super().feed(data, now)

    firmware = Slow()
    link = MemoryLink(firmware)
    thread = threading.Thread(target=link.cut, args=(b"off",))
    link.write(b"slow")
    thread.join()
    assert firmware.heard == [(0.0, b"slow"), (0.0, b"off")]


def test_a_cut_while_time_passes_is_not_in_the_past():
    """As by a signal, which comes in the middle of a step of the same thread."""

    class Interrupted(LateEcho):
        def tick(self, now):
            if now == 1.0 and not self.heard:
                link.cut(b"off")
            return super().tick(now)

    firmware = Interrupted()
    link = MemoryLink(firmware)
    link.sleep(1.0)
    assert firmware.heard == [(1.0, b"off")]


def test_cut_never_raises():
    class Broken(LateEcho):
        def feed(self, data, now):
            raise ZeroDivisionError

    link = MemoryLink(Broken())
    link.cut(b"off")
    with pytest.raises(ZeroDivisionError):  # negative control: a write does
        link.write(b"on")


@pytest.mark.parametrize("use", [lambda k: k.write(b"a"), lambda k: k.read(1.0), lambda k: k.flush_input()])
def test_an_unplugged_line_is_lost(use):
    firmware = LateEcho()
    link = MemoryLink(firmware, name="dog")
    link.write(b"a")
    link.unplug()
    with pytest.raises(BodyError, match="dog: the line is lost"):
        use(link)
    link.cut(b"off")
    link.sleep(1.0)
    link.close()
    assert firmware.heard == [(0.0, b"a")]
    assert link.now() == 1.0


def test_a_closed_line_is_not_used():
    link = booted()
    link.close()
    link.close()
    with pytest.raises(BodyError, match="closed"):
        link.read(1.0)


def test_the_plug_is_pulled_while_a_reply_is_waited_for():
    link = booted(faults=FaultyLine(FaultSpec(unplug=0.3), np.random.default_rng(0)))
    link.write(b"hello")
    with pytest.raises(BodyError, match="lost"):
        link.read(1.0)
    assert link.now() == 0.3


def test_a_reset_comes_at_its_time_and_swallows_the_reply():
    link = booted(faults=FaultyLine(FaultSpec(reset=0.3), np.random.default_rng(0)))
    link.write(b"hello")
    assert link.read(1.0) == b"boot"
    assert link.now() == 0.3
    assert link.read(1.0) == b""


def test_other_timed_faults_are_reported():
    events = []
    spec = FaultSpec(dead=3, low_battery=0.7)
    link = booted(faults=FaultyLine(spec, np.random.default_rng(0)), on_event=events.append)
    link.sleep(1.0)
    assert [(event.time, event.kind, event.servo) for event in events] == [(0.0, "dead", 3), (0.7, "low-battery", None)]


def test_delayed_bytes_are_waited_for():
    firmware = LateEcho()
    link = MemoryLink(firmware, faults=FaultyLine(FaultSpec(delay=0.2), np.random.default_rng(0)))
    link.sleep(1.0)
    link.flush_input()
    link.write(b"hello")
    assert firmware.heard == []
    assert link.read(2.0) == b"hello"
    ((heard, _),) = firmware.heard
    assert 1.0 < heard < 1.2
    assert heard + 0.5 < link.now() < heard + 0.7


def test_firmware_that_stands_still_in_time_is_named():
    class Stuck(LateEcho):
        def next_event(self):
            return 0.1

    with pytest.raises(RuntimeError, match="next event stays at"):
        MemoryLink(Stuck()).sleep(1.0)
