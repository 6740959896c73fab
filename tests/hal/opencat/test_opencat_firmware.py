"""Emulated OpenCat firmware against exchanges, times and side effects taken from the vendor's own code."""

import re
from itertools import pairwise
from math import radians

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencat_plant import StillPlant

from gaitopt.emulators.opencat.board import BITTLE_SERVOS
from gaitopt.emulators.opencat.firmware import OpenCatFirmware
from gaitopt.hal.opencat.dialect import BIBOARD, BIBOARD_2025, NYBOARD

QUIET = 1.5
INDICES = "".join(f"{i}\t" for i in range(16))


class Bench:
    """Firmware on a bench: bursts in, bytes out, in simulated time."""

    def __init__(self, dialect=BIBOARD, seed=0, gyro_off=True):
        self.plant = StillPlant()
        self.firmware = OpenCatFirmware(self.plant, np.random.default_rng(seed), dialect)
        self.now = 0.0
        self.boot = self.firmware.reset(0.0) + self.run(8.0)
        if gyro_off:
            self.ask(dialect.gyro_off)
        self.took = 0.0

    def run(self, duration):
        end = self.now + duration
        out = b""
        while (event := self.firmware.next_event()) is not None and event <= end:
            self.now = max(event, self.now)
            out += self.firmware.tick(self.now)
        self.now = end
        return out + self.firmware.tick(end)

    def ask(self, *bursts, gap=0.0, patience=10.0, quiet=QUIET):
        """Send bursts and return all that is answered until it is quiet; `took` is the time of the last answer."""
        start = self.now
        out = b""
        for burst in bursts:
            out += self.firmware.feed(burst, self.now)
            out += self.run(gap)
        self.took = self.now - start if out else 0.0
        last = self.now
        while self.now < start + patience and (not out or self.now < last + quiet):
            event = self.firmware.next_event()
            said = self.run(min(max(event - self.now, 0.0), quiet) if event is not None else quiet)
            if said:
                out, last, self.took = out + said, self.now, self.now - start
        return out.decode()

    def angles(self):
        answer = self.ask(b"j\n")
        return [int(word) for word in re.findall(r"-?\d+(?=,)", answer)]


def pose(*angles):
    return b"L" + bytes(angle & 0xFF for angle in angles) + b"~"


def standing(angle=30, head=0):
    return pose(*[head] * 4, *[0] * 4, *[angle] * 8)


@pytest.fixture
def bench():
    bench = Bench()
    bench.ask(standing())
    return bench


# Exchanges, byte for byte.


def test_boot_banner():
    bench = Bench(gyro_off=False)
    text = bench.boot.decode()
    assert text.startswith(
        "k\r\nFlush the serial buffer...\r\n\n* Start *\r\nBittle X\r\nSoftware version: B10_260717\r\n"
    )
    assert re.search(r"Build skill list\.\.\.93\r\nTaskQ\r\nrest\r\n(.|\s)*Ready!\r\ng\r\nrest\r\nd\r\n$", text)
    assert bench.plant.powered == set()


def test_handshake(bench):
    assert bench.ask(b"?\n") == "Bittle X\r\nB10_260717\r\n?\r\n"
    assert Bench(NYBOARD).ask(b"?\n") == "Bittle\r\nN_250224\r\n?\r\n"


def test_joint_angles_after_a_named_posture():
    for seed in range(200):  # the example of the vendor's code: offset +2 and mirrored
        bench = Bench(seed=seed)
        bench.ask(b"kup\n")
        if bench.plant.angles[8] == 32 and bench.plant.angles[0] == -2:
            break
    listed = "-2,\t2,\t-2,\t2,\t0,\t0,\t0,\t0,\t" + "32,\t" * 8
    assert bench.ask(b"j\n") == f"=\r\n{INDICES}\r\n{listed}\r\nj\r\n"
    assert bench.ask(b"j8\n") == "=\r\n32\r\nj\r\n"


def test_joint_angles_on_nyboard_follow_the_equals_sign():
    assert Bench(NYBOARD).ask(b"j\n").startswith(f"={INDICES}\r\n")


def test_gyro_off_with_and_without_rearming():
    bench = Bench(gyro_off=False)
    assert bench.ask(b"gb\n") == "G\r\ng\r\ng\r\n"
    assert bench.ask(b"gb\n") == "g\r\ng\r\n"
    bench.ask(b"d\n")
    assert bench.ask(b"gb\n") == "G\r\ng\r\ng\r\n"


def test_named_posture(bench):
    assert bench.ask(b"kup\n") == "up\r\nk\r\n"


def test_indexed_joints(bench):
    assert bench.ask(b"i8 30 12 30\n") == "i\r\n"
    assert bench.ask(b"m8 40 8 20\n") == "m\r\n"
    assert bench.plant.angles[8] == 20
    assert bench.ask(bytes.fromhex("49 08 32 0C F6 7E")) == "I\r\n"
    assert (bench.plant.angles[8], bench.plant.angles[12]) == (50, -10)


def test_listed_joints(bench):
    command = bytes.fromhex("4C 00 00 00 00 00 00 00 00 1E 1E 1E 1E 1E 1E 1E 1E 7E")
    assert bench.ask(command) == "L\r\n"
    assert bench.plant.angles[8:] == [30] * 8


GAIT = b"K" + bytes([4, 0, 0, 1]) + bytes([30] * 8 + [32] * 8 + [34] * 8 + [32] * 8) + b"~"
ROW = bytes([0] * 8 + [30] * 8)
BEHAVIOR = b"K" + bytes([0xFE, 0, 0, 1, 0, 0, 0]) + ROW + bytes([8, 1, 0, 0]) + ROW + bytes([8, 1, 0, 0]) + b"~"


def test_uploaded_gait(bench):
    assert len(GAIT) == 38
    assert bench.ask(GAIT) == "K\r\n"
    assert bench.ask(b"T~") == "T\r\nk\r\n"


def test_uploaded_behavior_answers_when_loaded_and_when_done(bench):
    assert len(BEHAVIOR) == 49
    assert bench.ask(BEHAVIOR) == "K\r\nK\r\n"


def test_nyboard_answers_an_upload_with_a_small_letter():
    assert Bench(NYBOARD).ask(GAIT) == "k\r\n"


def test_tilt_line(bench):
    bench.plant.tilt = (radians(-6.7), radians(-4.5), radians(12.3))
    line = bench.ask(b"gp\n")
    assert re.fullmatch(r"ICM:.{18}   12\.3   -4\.5    6\.7\t\r\ng\r\n", line)
    bench.plant.tilt = (0.0, 0.0, 0.0)
    assert bench.ask(b"gp\n") == "ICM:  0.00  0.00 10.00    0.0    0.0    0.0\t\r\ng\r\n"


def test_voltage(bench):
    assert bench.ask(b"P\n") == "Voltage: 7.53 V\r\nP\r\n"
    assert bench.ask(b"P~") == "Voltage: 7.53 V\r\nP\r\n"
    assert Bench(NYBOARD).ask(b"P\n") == "P\r\n"


def test_rest_from_standing(bench):
    assert bench.ask(b"d\n") == "g\r\nrest\r\nd\r\n"
    assert 0.65 < bench.took < 0.85
    assert bench.plant.powered == set()


def test_pause_and_go_on(bench):
    assert bench.ask(b"p\n") == "P\r\n"
    assert bench.plant.powered == set()
    assert bench.ask(b"p\n") == "k\r\n"
    assert bench.plant.powered == BITTLE_SERVOS


def test_unknown_skill_and_token(bench):
    assert bench.ask(b"knope\n") == "?nope?\r\nk\r\n"
    assert bench.ask(b"y\n") == "Undefined token!\r\n\r\ny\r\n"
    nyboard = Bench(NYBOARD)
    assert nyboard.ask(b"y\n") == "y\r\n"
    assert nyboard.ask(b"knope\n") == "?nope\r\nk\r\n"


def test_calibration(bench):
    assert bench.ask(b"c\n") == f"calib\r\n{INDICES}\r\n" + "0,\t" * 16 + "\r\nc\r\n"
    assert bench.ask(b"?\n").startswith("G\r\n")


def test_gait_of_counted_cycles(bench):
    text = bench.ask(b"kwkF 2\n", quiet=4.0)
    assert re.fullmatch(r"wkF\r\nCycle counting mode: .*\r\nCompleted cycle: .*\r\nup\r\nk\r\n", text)
    assert bench.took == pytest.approx(3.26, abs=0.3)


def test_gait_of_counted_milliseconds(bench):
    text = bench.ask(b"kvtF 1500\n", quiet=4.0)
    assert re.fullmatch(r"vtF\r\nTime-based mode: .*\r\nvtF\r\nup\r\nk\r\n", text)


def test_a_command_during_a_behavior_interrupts_it(bench):
    bench.firmware.feed(BEHAVIOR, bench.now)
    assert bench.run(0.1) == b"K\r\n"
    assert bench.ask(b"j8\n").startswith("Behavior interrupted\r\nup\r\nK\r\n=\r\n")


# Framing.


def test_two_commands_in_one_burst_are_one(bench):
    assert bench.ask(standing(40) + standing(50)) == "L\r\n"
    assert bench.plant.angles[8] == 40
    assert bench.ask(b"i8 10\ni9 11\n") == "i\r\n"
    assert bench.plant.angles[8:10] == [10, 40]


def test_two_commands_apart_are_two(bench):  # negative control
    assert bench.ask(standing(40), standing(50), gap=0.15) == "L\r\nL\r\n"
    assert bench.plant.angles[8] == 50


def test_commands_that_wait_in_the_port_while_the_robot_moves_are_one(bench):
    assert bench.ask(standing(60), standing(40), standing(50), gap=0.01) == "L\r\nL\r\n"
    assert bench.plant.angles[8] == 40


def test_126_at_the_end_of_a_burst_ends_the_frame(bench):
    frame = pose(*[0] * 8, *[30] * 3, 126, *[30] * 4)
    assert bench.ask(frame[:13], frame[13:], gap=0.005).startswith("L\r\n")
    answer = bench.ask(frame[:13], frame[13:], gap=0.3)
    assert "Undefined token!" in answer
    safe = pose(*[0] * 8, *[30] * 3, 125, *[30] * 4)  # negative control
    assert bench.ask(safe[:13], safe[13:], gap=0.005) == "L\r\n"


def test_text_without_a_newline_works_after_the_timeout(bench):
    assert bench.ask(b"?") == "Bittle X\r\nB10_260717\r\n?\r\n"
    assert bench.took == pytest.approx(0.0115, abs=1e-3)


def test_a_short_pose_takes_old_bytes_for_the_rest(bench):
    bench.ask(standing(40))
    assert bench.ask(b"L" + bytes([0] * 8 + [50]) + b"~") == "L\r\n"
    assert bench.plant.angles[8] == 50
    assert bench.plant.angles[11] == 40


def test_a_gap_in_an_upload_splits_it(bench):
    assert bench.ask(GAIT[:20], GAIT[20:], gap=0.15) == "K\r\n"
    answer = bench.ask(GAIT[:20], GAIT[20:], gap=0.6)
    assert answer.startswith("K\r\n")
    assert "Undefined token!" in answer


def test_overflow_stands_up(bench):
    answer = bench.ask(b"K" + bytes([30]) * 3000)
    assert answer == "OVF\r\nK\r\nup\r\nk\r\n"


def test_the_longest_gait_fits(bench):
    longest = b"K" + bytes([125, 0, 0, 1]) + bytes([30] * 1000) + b"~"
    assert len(longest) == 1006
    assert bench.ask(longest) == "K\r\n"
    slices = [longest[i : i + 20] for i in range(0, len(longest), 20)]
    assert bench.ask(*slices, gap=0.002) == "K\r\n"


def test_rest_twice_in_one_burst_switches_one_servo_off(bench):
    bench.ask(b"d\nd\n")
    assert bench.plant.powered == BITTLE_SERVOS - {0}
    bench.ask(b"d\n")
    assert bench.plant.powered == set()


def test_an_empty_line_before_rest_swallows_it(bench):
    assert bench.ask(b"\nd\n").startswith("Undefined token!")
    assert bench.plant.powered == BITTLE_SERVOS


CONVERSATION = (standing(35), b"j\n", standing(40), b"i8 10 12 20\n", b"j\n", BEHAVIOR, b"?\n", b"P\n")


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_how_a_command_is_cut_into_bursts_does_not_matter(random):
    """As long as the gaps stay below the firmware's timeout, and no burst ends with the terminator's value."""

    def answers(split):
        bench = Bench()
        said = []
        for command in CONVERSATION:
            cuts = sorted(random.sample(range(1, len(command)), min(3, len(command) - 1))) if split else []
            bounds = [0, *cuts, len(command)]
            said.append(bench.ask(*(command[a:b] for a, b in pairwise(bounds)), gap=0.004 if split else 0.0))
        return said, bench.plant.angles

    assert answers(split=True) == answers(split=False)


# Times.


@pytest.mark.parametrize(
    ("change", "reply_ms"),
    [(0, 10), (1, 18), (2, 18), (3, 27), (4, 27), (5, 35), (6, 35), (10, 50), (15, 76), (20, 90), (30, 134), (40, 174)],
)
def test_reply_times_of_poses(bench, change, reply_ms):
    bench.ask(standing(30))
    assert bench.ask(standing(30 + change)) == "L\r\n"
    assert 1000 * bench.took == pytest.approx(reply_ms, rel=0.03, abs=1.5)
    assert bench.plant.angles[8] == 30 + change


def test_profile_is_a_cosine(bench):
    bench.plant.history.clear()
    bench.ask(standing(50))
    heard = [target for _, servo, target in bench.plant.history if servo == 8]
    ideal = [50 - 20 * (1 + np.cos(np.pi * s / 10)) / 2 for s in range(11)]
    assert heard == [int(angle) for angle in ideal]


@pytest.mark.parametrize("dialect", [BIBOARD, BIBOARD_2025, NYBOARD])
def test_frames_of_a_gait(bench, dialect):
    bench = Bench(dialect)
    bench.ask(standing())
    bench.ask(GAIT)
    bench.ask(b"T~")
    bench.plant.history.clear()
    bench.run(2.0)
    assert len([1 for _, servo, _ in bench.plant.history if servo == 8]) == pytest.approx(2 * dialect.frame_rate, abs=2)


def test_pace_of_a_gait_can_be_changed(bench):
    bench.ask(GAIT)
    bench.ask(b"T~")
    assert bench.ask(b",\n") == "Run delay\t9\r\n,\r\n"
    bench.plant.history.clear()
    bench.run(1.0)
    assert len([1 for _, servo, _ in bench.plant.history if servo == 8]) == pytest.approx(74, abs=2)


def test_tilt_is_printed_five_times_a_second_at_most(bench):
    def lines(bench):
        return sum("ICM" in bench.ask(b"gp\n", quiet=0.05) for _ in range(40))

    start = bench.now
    printed = lines(bench)
    assert printed <= (bench.now - start) / 0.2 + 1
    old = Bench(BIBOARD_2025)
    assert lines(old) == 40


# Side effects.


def runs(bench):
    bench.plant.history.clear()
    bench.run(0.5)
    return len(bench.plant.history) > 50


@pytest.mark.parametrize("command", [b"j\n", b"?\n", b"gp\n", standing()])
def test_after_an_upload_anything_stops_the_gait(bench, command):
    bench.ask(GAIT)
    assert runs(bench)
    bench.ask(command)
    assert not runs(bench)


@pytest.mark.parametrize(("command", "goes_on"), [(b"j\n", True), (b"gp\n", True), (b"P\n", True), (b"?\n", False)])
def test_after_a_replay_some_commands_leave_the_gait(bench, command, goes_on):
    bench.ask(GAIT)
    bench.ask(b"T~")
    bench.ask(command)
    assert runs(bench) == goes_on


def test_a_pose_stops_a_replayed_gait(bench):
    bench.ask(GAIT)
    bench.ask(b"T~")
    bench.ask(standing())
    assert not runs(bench)


def test_nobody_stops_a_gait_when_the_host_is_gone(bench):
    bench.ask(GAIT)
    bench.run(60.0)
    assert runs(bench)


def test_angles_are_clamped_without_a_word(bench):
    assert bench.ask(b"i8 500\n") == "i\r\n"
    assert bench.plant.angles[8] == 80


def test_absent_servos_are_not_driven(bench):
    bench.ask(pose(*[20] * 16))
    assert bench.plant.powered == BITTLE_SERVOS


def test_named_postures_are_off_by_up_to_three_degrees():
    bench = Bench()
    seen = set()
    for _ in range(60):
        bench.ask(b"kup\n")
        seen.add(bench.plant.angles[8])
    assert seen == set(range(27, 34))


def test_reflexes_move_a_fallen_robot_unless_they_are_off(bench):
    bench.plant.tilt = (radians(100), 0.0, 0.0)
    assert bench.run(1.0) == b""
    bench.ask(b"d\n")
    assert b"EXCEPTION" not in bench.run(1.0)
    answer = bench.ask(b"?\n", patience=2.0)  # any command after rest switches them on again
    assert answer.startswith("G\r\n")
    assert "EXCEPTION: Fall over\r\nrc\r\n" in answer
    assert bench.plant.powered == BITTLE_SERVOS


def test_low_battery(bench):
    bench.plant.volts = 6.6
    text = bench.run(3.0).decode()
    assert "Low power: 6.60V. The robot won't move.\r\n" in text
    assert bench.plant.powered == set()
    assert bench.ask(standing(50)) == "L\r\n"
    assert bench.plant.powered == set()
    assert b"Low power" in bench.run(10.0)
    bench.plant.volts = 7.5
    assert b"Got 7.50 V power\r\n" in bench.run(3.0)
    assert bench.plant.powered == BITTLE_SERVOS


def test_nyboard_toggles_its_reflexes():
    bench = Bench(NYBOARD, gyro_off=False)
    assert bench.ask(b"G\n") == "G\r\ng\r\n"
    assert bench.ask(b"G\n") == "G\r\n"
    assert bench.ask(b"G\n") == "g\r\n"


def test_nyboard_tilt():
    bench = Bench(NYBOARD)
    bench.plant.tilt = (radians(3), radians(-2), 0.5)
    assert bench.ask(b"v\n") == "-2.00000\t-3.00000\r\nv\r\n"


def test_reset_forgets_and_leaves_limp(bench):
    bench.ask(GAIT)
    answer = bench.firmware.reset(bench.now)
    assert answer.startswith(b"k\r\n")
    assert bench.plant.powered == set()
    bench.run(8.0)
    assert not runs(bench)
    assert bench.ask(b"?\n") == "G\r\nBittle X\r\nB10_260717\r\n?\r\n"


def test_same_seed_same_bytes():
    def said(seed):
        bench = Bench(seed=seed)
        return [bench.ask(b"kup\n") + bench.ask(b"j\n") for _ in range(5)]

    assert said(1) == said(1)
    assert said(1) != said(2)
