"""Faults of a line: input is parsed strictly, and each fault acts as specified, as often as specified."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitopt.emulators.emulation import Emulation
from gaitopt.emulators.faults import READERS, FaultEvent, FaultSpec, FaultyLine
from gaitopt.errors import InputError
from gaitopt.robot.spec import load_robot
from gaitopt.scenario.spec import load_scenario

BURSTS = st.lists(st.tuples(st.binary(min_size=1, max_size=20), st.floats(0.0, 1.0)), max_size=30)


def line(seed=0, start=0.0, **spec):
    return FaultyLine(FaultSpec(**spec), np.random.default_rng(seed), start)


def test_every_fault_is_read():
    text = "drop=0.01, garble=0.02,duplicate=0.03,merge=0.04,delay=20ms,reset=30s,unplug=60s,dead=3,low-battery=1.5s"
    assert FaultSpec.parse(text) == FaultSpec(0.01, 0.02, 0.03, 0.04, 0.02, 30.0, 60.0, 3, 1.5)


def test_every_field_has_a_reader_and_an_example_that_it_reads():
    assert [name.replace("-", "_") for name in READERS] == [field.name for field in fields(FaultSpec)]
    for name, (_, example, _) in READERS.items():
        assert FaultSpec.parse(f"{name}={example}") != FaultSpec()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unknown fault ''"),
        ("dorp=0.1", "unknown fault 'dorp'; did you mean drop?"),
        ("low_battery=3s", "did you mean low-battery?"),
        ("drop=0.1,", "unknown fault ''"),
        ("drop", "fault drop needs a value, such as drop=0.01"),
        ("drop=0.1,drop=0.2", "fault drop is given twice"),
        ("drop=1.5", "expected a probability from 0 to 1"),
        ("drop=-0.1", "expected a probability from 0 to 1"),
        ("garble=nan", "expected a probability from 0 to 1"),
        ("merge=often", "fault merge=often: expected a probability"),
        ("delay=20", "fault delay=20: expected a time with its unit, ms or s, such as delay=20ms"),
        ("reset=-3s", "expected a time with its unit"),
        ("unplug=1min", "expected a time with its unit"),
        ("dead=left", "expected a servo's number"),
        ("dead=253", "expected a servo's number from 0 to 252"),
        ("dead=1.0", "expected a servo's number"),
    ],
)
def test_invalid_input_is_named(text, message):
    with pytest.raises(InputError) as caught:
        FaultSpec.parse(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@given(BURSTS)
def test_a_line_without_faults_changes_nothing(bursts):
    perfect = line()
    for data, now in sorted(bursts, key=lambda burst: burst[1]):
        assert perfect.to_device(data, now) == [(now, data)]
    assert perfect.events(1e9) == []
    assert perfect.next_event() is None


@given(BURSTS, st.integers(0, 99))
def test_delayed_bursts_keep_their_order_and_their_bound(bursts, seed):
    late = line(seed, delay=0.05)
    arrivals = []
    for data, now in sorted(bursts, key=lambda burst: burst[1]):
        ((time, same),) = late.to_host(data, now)
        assert same == data
        assert now <= time <= now + 0.05
        arrivals.append(time)
    assert arrivals == sorted(arrivals)


@given(BURSTS, st.integers(0, 99))
def test_merging_loses_no_byte_but_those_that_still_wait(bursts, seed):
    gluing = line(seed, merge=0.5)
    sent = b"".join(data for data, _ in bursts)
    got = b"".join(data for burst, _ in bursts for _, data in gluing.to_device(burst, 1.0))
    assert sent.startswith(got)


def test_a_merged_burst_arrives_with_the_next():
    gluing = line(seed=3, merge=0.5)
    arrivals = [gluing.to_device(bytes([i]), float(i)) for i in range(8)]
    glued = [i for i, arrival in enumerate(arrivals) if arrival and len(arrival[0][1]) > 1]
    assert glued
    for i in glued:
        assert arrivals[i - 1] == []
        assert arrivals[i][0][1].endswith(bytes([i - 1, i]))


def test_the_directions_do_not_mix():
    gluing = line(merge=1.0)
    assert gluing.to_device(b"down", 0.0) == gluing.to_host(b"up", 0.0) == []
    assert (gluing._to_device.held, gluing._to_host.held) == (b"down", b"up")


@given(st.binary(min_size=1, max_size=20), st.integers(0, 99))
def test_garbling_changes_exactly_one_byte(data, seed):
    ((_, garbled),) = line(seed, garble=1.0).to_host(data, 0.0)
    assert len(garbled) == len(data)
    assert sum(a != b for a, b in zip(data, garbled, strict=True)) == 1


def test_duplicates_are_two_bursts():
    assert line(duplicate=1.0).to_device(b"ab", 1.0) == [(1.0, b"ab")] * 2


@pytest.mark.parametrize(
    ("fault", "happened"),
    [
        ("drop", lambda arrivals: not arrivals),
        ("garble", lambda arrivals: arrivals[0][1] != b"abc"),
        ("duplicate", lambda arrivals: len(arrivals) == 2),
    ],
)
def test_faults_come_as_often_as_they_should(fault, happened):
    """4 standard deviations of 4000 draws at 0.1 are 0.019."""
    chancy = line(**{fault: 0.1})
    share = np.mean([happened(chancy.to_device(b"abc", 0.0)) for _ in range(4000)])
    assert share == pytest.approx(0.1, abs=0.019)


def test_the_same_seed_makes_the_same_faults():
    def made(seed):
        faulty = line(seed, drop=0.1, garble=0.1, duplicate=0.1, merge=0.1, delay=0.01)
        return [faulty.to_device(b"abcdef", i / 100) for i in range(200)]

    assert made(7) == made(7)
    assert made(7) != made(8)


def test_timed_faults_come_once_in_order_and_count_from_the_start():
    timed = line(start=100.0, reset=30.0, unplug=60.0, dead=3, low_battery=40.0)
    assert timed.next_event() == 100.0
    assert timed.events(100.0) == [FaultEvent(100.0, "dead", 3)]
    assert timed.events(129.9) == []
    assert timed.next_event() == 130.0
    assert timed.events(150.0) == [FaultEvent(130.0, "reset"), FaultEvent(140.0, "low-battery")]
    assert timed.events(1000.0) == [FaultEvent(160.0, "unplug")]
    assert timed.events(1000.0) == []
    assert timed.next_event() is None


@pytest.mark.parametrize("name", ["petoi-bittle", "dynamixel-quadruped"])
def test_a_servo_that_the_robot_has_not_cannot_be_dead(name):
    robot = load_robot(name)
    for dead in (3, 99):
        with pytest.raises(InputError, match=f"fault dead={dead}: {name} has no such servo; it has "):
            Emulation(robot, load_scenario("field"), faults=FaultSpec(dead=dead))
