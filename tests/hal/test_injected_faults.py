"""Robots on bad lines: whatever is lost, garbled, late, doubled or glued, nothing wrong is sent and all ends limp.

What was sent is read from the bytes on the wire, by `serial_rigs`' own tables; whether it is limp, from the plant.
"""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from memory_link import MemoryLink
from serial_rigs import ROBOTS, Rig
from wire_checks import SPEED, check_wire

from gaitopt.emulators.faults import FaultSpec, FaultyLine
from gaitopt.errors import BodyError
from gaitopt.hal.body import Lifecycle
from gaitopt.hal.real import last_resort

LONGEST_CALL = {"opencat": 45.0, "dynamixel": 8.0}
"""Simulated time after which a call hangs: the drivers' own time-outs, as often as they may repeat in a row [s]."""
BURSTS = ("drop", "garble", "merge", "duplicate")


class CountingLine(FaultyLine):
    """Counts its faults; all probabilities must differ, as they identify the faults."""

    def __init__(self, spec, rng, start, counts):
        super().__init__(spec, rng, start)
        self.counts = counts
        self.names = {getattr(spec, name): name for name in BURSTS}
        assert len(self.names) == len(BURSTS)

    def _chance(self, probability):
        happens = super()._chance(probability)
        self.counts[self.names[probability]] += happens
        return happens

    def _pass(self, data, now, direction):
        bursts = super()._pass(data, now, direction)
        self.counts["late"] += sum(time > now + 0.001 for time, _ in bursts[:1])
        return bursts

    def events(self, now):
        due = super().events(now)
        self.counts.update(event.kind for event in due)
        return due


class WitnessLink(MemoryLink):
    """Keeps where the servos stood at each write, and how often it was asked to cut."""

    plant = None

    def __init__(self, *arguments, **settings):
        self.stood, self.cuts = [], 0
        super().__init__(*arguments, **settings)

    def write(self, data):
        stood = dict(self.plant.positions)
        super().write(data)
        self.stood.append(stood)

    def cut(self, data):
        self.cuts += 1
        if len(self.sent) < (super().cut(data), len(self.sent))[1]:
            self.stood.append(dict(self.plant.positions))


def random_spec(kind, rng):
    """Return faults of a line: up to a tenth of the bursts, and sometimes something worse."""
    most = 10 ** rng.uniform(-2.5, -1)
    when = (4.0, 10.0) if kind == "opencat" else (0.2, 2.0)  # a board takes its time to boot
    chances = {name: most * rng.uniform(0.2, 1) for name in BURSTS}
    worse = rng.choice(["reset", "unplug", "low_battery", "dead", ""], p=[0.1, 0.1, 0.1, 0.1, 0.6])
    values = {"": {}, "dead": {"dead": int(rng.choice([11, 23, 32]))}}.get(worse, {worse: float(rng.uniform(*when))})
    return FaultSpec(delay=float(rng.choice([0.0, 0.002, 0.02])), **chances, **values)


@dataclass
class Story:
    """What happened in one session with a robot on a bad line."""

    counts: Counter = field(default_factory=Counter)
    errors: list = field(default_factory=list)
    lasted: Counter = field(default_factory=Counter)
    """Simulated time of the longest call of each name [s]."""


def live(kind, seed, spec, commands=60):
    """Work twice with a robot as users do, sometimes badly, until it is closed; return the rig and what happened."""
    rng = np.random.default_rng(seed)
    story = Story()
    link_class = type("Link", (WitnessLink,), {})
    line_rng = np.random.default_rng(seed + 1)

    def line(start):
        return CountingLine(spec, line_rng, start, story.counts)

    rig = Rig(kind, line=line, link_class=link_class, seed=seed, speed=SPEED[kind])
    link_class.plant = rig.plant
    happen(rig)

    def call(act, *arguments):
        start = rig.link.now() if rig.links else 0.0
        try:
            act(*arguments)
        except BodyError as error:
            story.errors.append(error)
        name = act.__name__
        story.lasted[name] = max(story.lasted[name], rig.link.now() - start)

    for _ in range(2):
        call(rig.body.configure)
        if rig.body.lifecycle is Lifecycle.INACTIVE:
            call(rig.body.activate, rig.pose(), 0.3)
        wander(rig, rng, call, commands)
        call(leave(rig, rng))
        call(rig.body.close)
        assert rig.body.lifecycle is Lifecycle.DISCONNECTED
        assert not last_resort._armed
        for _ in range(100):
            rig.link.sleep(0.2)  # bursts in transit arrive, and a board that resets itself boots
        check_limp(rig, story)
    return rig, story


def check_limp(rig, story):
    """A robot that is still powered was unplugged; then servos-off was tried in vain."""
    if not rig.limp:
        assert story.counts["unplug"], f"{sorted(rig.plant.powered)} are still on"
        assert rig.link.cuts


def happen(rig):
    """Apply timed faults to the robot."""

    class Happenings(list):
        def append(self, event):
            super().append(event)
            if event.kind == "low-battery":
                rig.plant.volts = 6.0
            elif rig.kind == "dynamixel":
                rig.firmware.kill(event.servo)

    rig.happened = Happenings()


def wander(rig, rng, call, commands):
    """Command what comes to mind: far, near, no numbers, too late, or nothing."""
    low, high = rig.robot.joint_limits.T
    pose = rig.pose()
    for _ in range(commands):
        if rig.body.lifecycle is not Lifecycle.ACTIVE:
            return
        what = rng.random()
        if what < 0.02:
            call(rig.body.command, np.full(len(pose), np.nan))
        elif what < 0.2:
            pose = rng.uniform(low - 0.5, high + 0.5)
        elif what < 0.24:
            for _ in range(int(rng.integers(1, 70))):
                rig.link.sleep(0.02)
                rig.body.guard.watch()
        elif what < 0.3:
            call(rig.body.read)
        call(rig.body.command, pose)
        if rig.body.lifecycle is Lifecycle.ACTIVE:
            call(rig.body.advance, rig.body.command_period)
        rig.body.guard.watch()


def leave(rig, rng):
    """Return one of the ways out."""

    def fail():
        rig.body.__exit__(ValueError, ValueError(), None)

    def sit():
        if rig.body.lifecycle is Lifecycle.ACTIVE:
            rig.body.sit()
        rig.body.deactivate()

    return [rig.body.deactivate, rig.body.close, rig.body.estop, fail, sit][int(rng.integers(5))]


def try_many(kind, stories):
    """Live through so many stories, check each, and return how many faults of each kind there were."""
    total, lasted = Counter(), Counter()
    for seed in range(stories):
        rig, story = live(kind, seed, random_spec(kind, np.random.default_rng(seed)))
        check_wire(rig)
        assert max(story.lasted.values()) < LONGEST_CALL[kind], story.lasted
        total += story.counts
        lasted |= story.lasted
    late = total.pop("late")
    longest = {name: round(seconds, 1) for name, seconds in lasted.most_common(4)}
    print(f"{kind}: {total.total()} faults in {stories} stories: {dict(total)}, and {late} late; longest: {longest}")
    return total


@pytest.mark.parametrize("kind", ROBOTS)
def test_hundreds_of_faults(kind):
    assert try_many(kind, 12).total() > 200


@pytest.mark.study
@pytest.mark.parametrize("kind", ROBOTS)
def test_ten_thousand_faults(kind):
    """Both together; those that only came late are not counted."""
    assert try_many(kind, 320).total() > 5000


# One fault at a time.

SOUND = FaultSpec(drop=1e-9, garble=2e-9, merge=3e-9, duplicate=4e-9)


def test_servos_that_are_unplugged_amid_a_walk_stop_by_themselves():
    rig = Rig("dynamixel", speed=SPEED["dynamixel"]).up()
    for _ in range(20):
        rig.body.command(rig.pose(front_left_rotator=90.0))
        rig.body.advance(rig.body.command_period)
    rig.link.unplug()
    with pytest.raises(BodyError, match="the line is lost"):
        rig.body.command(rig.pose())
    rig.body.close()
    assert rig.body.lifecycle is Lifecycle.DISCONNECTED
    rig.link.sleep(0.5)
    assert all(servo.values["bus_watchdog"] == 0xFF for servo in rig.firmware.servos)
    before = dict(rig.plant.positions)
    rig.link.sleep(0.5)
    assert rig.plant.positions == before


@pytest.mark.parametrize("seed", range(8))
def test_a_board_that_resets_itself_ends_limp(seed):
    """It boots for seconds, and then takes up all that was sent meanwhile: poses among it, which power the servos."""
    rng = np.random.default_rng(seed)
    spec = replace(SOUND, reset=float(rng.uniform(6.0, 9.0)))
    rig, story = live("opencat", seed, spec)
    assert story.counts["reset"] == 2
    check_wire(rig)


# Negative controls: what the checks above would see.


@pytest.mark.parametrize("kind", ROBOTS)
def test_a_perfect_line_injects_nothing(kind):
    rig, story = live(kind, 1, SOUND)
    assert story.counts.total() == 0
    check_wire(rig)


@pytest.mark.parametrize("kind", ROBOTS)
@pytest.mark.parametrize("rule", ["slew", "limits"])
def test_a_body_without_one_of_its_rules_is_detected(kind, rule, monkeypatch):
    def limit_command(angles, low, high, last, reach, measured, lead):
        if not np.isfinite(angles).all():
            raise BodyError("no number")
        reach = np.inf if rule == "slew" else reach
        low, high = (low, high) if rule == "slew" else (-3.0, 3.0)
        return np.clip(np.clip(angles, last - reach, last + reach), low, high)

    monkeypatch.setattr("gaitopt.hal.real.pose_stream.limit_command", limit_command)
    monkeypatch.setattr("gaitopt.hal.servo_map.np.clip", lambda values, low, high: values)
    rig, _ = live(kind, 1, SOUND)
    with pytest.raises(AssertionError):
        check_wire(rig)


def test_a_limp_that_does_nothing_is_detected(monkeypatch):
    monkeypatch.setattr("gaitopt.hal.dynamixel.driver.DynamixelDriver.limp", lambda driver: None)
    monkeypatch.setattr("gaitopt.hal.dynamixel.driver.DynamixelDriver.cut", lambda driver: None)
    with pytest.raises(AssertionError, match="are still on"):
        live("dynamixel", 0, SOUND)
