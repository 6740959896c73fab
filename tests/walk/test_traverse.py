"""What a traversal makes of a walk, worked out by hand from a scripted body."""

import dataclasses
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_body import LOOK, ON_PAWS, PERIOD, UPRIGHT, CountingController, ScriptedBody, pitched, rolled, steady

from gaitopt.errors import BodyError
from gaitopt.hal.body import GroundContacts, Lifecycle
from gaitopt.robot.spec import load_robot
from gaitopt.scenario.spec import load_scenario
from gaitopt.walk.evaluation import score
from gaitopt.walk.stopwatch import SpoiledError, Stopwatch
from gaitopt.walk.traversal import FALLEN_COSINE, Status, traverse

ROBOT = load_robot("aibo-ers7")
FIELD = load_scenario("field")  # 2 m, 0.75 m to either side, 0.15 m of run-up, 20 s


def with_field(**changes):
    return FIELD.model_copy(update={"field": FIELD.field.model_copy(update=changes)})


def walk(place, scenario=FIELD, seed=0, observer=None, **body):
    scripted = ScriptedBody(ROBOT, place, **body)
    with scripted:
        traversal = traverse(scripted, CountingController(), scenario, seed, observer)
        assert scripted.lifecycle is Lifecycle.INACTIVE
    return traversal, scripted


@pytest.mark.parametrize("speed", [0.15, 0.2345, 0.6])
@pytest.mark.parametrize("length", [0.5, 2.0])
def test_a_steady_walk_has_its_speed_and_time(speed, length):
    """Start line to finish line takes length / speed, whatever the run-up and the samples."""
    traversal, _ = walk(steady(speed), with_field(length_m=length))
    assert traversal.status is Status.FINISHED
    assert traversal.time_s == pytest.approx(length / speed, rel=1e-9)
    assert traversal.speed_mps == pytest.approx(speed, rel=1e-9)
    assert traversal.distance_m == length
    assert score(traversal) == traversal.speed_mps
    assert traversal.commands == LOOK * math.ceil((length + 0.15) / speed / (LOOK * PERIOD))


def test_the_run_up_is_not_timed():
    """Slow up to the start line, reached at a look, then steady."""
    slow = 100 * LOOK * PERIOD
    traversal, _ = walk(lambda t: (0.15 * (t / slow - 1) if t < slow else 0.4 * (t - slow), 0.0, 0.12))
    assert traversal.speed_mps == pytest.approx(0.4, rel=1e-9)


def test_energy_is_power_times_time():
    """12 joints x |-0.5 N m x 2 rad/s| = 12 W, up to the last look."""
    traversal, _ = walk(steady(0.2), torque=0.5, speed=2.0)
    assert traversal.energy_j == pytest.approx(12 * traversal.commands * PERIOD, rel=1e-9)
    assert math.isnan(walk(steady(0.2), torque=None)[0].energy_j)


def test_drift_is_the_way_sideways_with_its_sign():
    for sideways in (-0.02, 0.03):
        traversal, _ = walk(steady(0.2, sideways=sideways))
        assert traversal.drift_m == pytest.approx(sideways * traversal.commands * PERIOD, rel=1e-9)


def test_spreads_are_those_of_a_swinging_trunk():
    """A sine of amplitude a has a standard deviation of a / sqrt(2)."""
    place = steady(2.15 / 10)  # ten swings of a second
    traversal, _ = walk(place, orientation=lambda t: rolled(0.1 * math.sin(2 * math.pi * t)))
    assert traversal.roll_spread == pytest.approx(0.1 / math.sqrt(2), rel=5e-3)
    assert traversal.pitch_spread == pytest.approx(0, abs=1e-9)
    traversal, _ = walk(place, orientation=lambda t: pitched(0.3 + 0.2 * math.sin(2 * math.pi * t)))
    assert traversal.pitch_spread == pytest.approx(0.2 / math.sqrt(2), rel=5e-3)
    assert traversal.roll_spread == pytest.approx(0, abs=1e-9)


def test_shares_are_those_of_the_time():
    """In turn, a second each: paws, knees and paws, belly, nothing."""
    kinds = [
        ON_PAWS,
        GroundContacts(paws=True, legs=True, trunk=False),
        GroundContacts(paws=False, legs=False, trunk=True),
        GroundContacts(paws=False, legs=False, trunk=False),
    ]
    traversal, _ = walk(steady(0.01), contacts=lambda t: kinds[int(t) % 4])
    assert (traversal.flight, traversal.belly, traversal.knees) == pytest.approx((0.25, 0.25, 0.25), abs=0.01)


class AtOnce(Stopwatch):
    """Sees both lines crossed within a quarter of a second."""

    def update(self, state):
        self.started, self.finished = 0.0, 0.25
        return True


def test_a_walk_faster_than_any_such_robot_does_not_count():
    for simulated in (False, True):
        body = ScriptedBody(ROBOT, steady(0.2))
        body.capabilities = dataclasses.replace(body.capabilities, simulated=simulated)
        with body:
            if simulated:  # there, the physics tell; what they make of a gait stands
                assert traverse(body, CountingController(), FIELD, 0, stopwatch=AtOnce()).speed_mps == 8.0
                continue
            with pytest.raises(SpoiledError, match=r"2 m in 0.25 s is faster than any such robot"):
                traverse(body, CountingController(), FIELD, 0, stopwatch=AtOnce())
            assert body.lifecycle is Lifecycle.INACTIVE


def test_what_the_controller_knows_is_passed_on():
    traversal, _ = walk(steady(0.5))
    assert (traversal.unreachable, traversal.saturated) == (0.125, 0.375)


def test_a_body_that_feels_nothing_has_no_shares_and_no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        traversal, _ = walk(steady(0.5), feels=False)
    assert all(math.isnan(share) for share in (traversal.flight, traversal.belly, traversal.knees))
    assert traversal.status is Status.FINISHED


def test_time_runs_out():
    """At 0.05 m/s, after 20 s: 1 m from the start pose, 0.85 m past the start line."""
    traversal, body = walk(steady(0.05))
    assert traversal.status is Status.TIMEOUT
    assert traversal.time_s is None
    assert traversal.distance_m == pytest.approx(0.85)
    assert traversal.speed_mps == pytest.approx(0.05)
    assert traversal.commands == len(body.sent) == 2500


def test_a_steady_walk_scores_its_speed_on_either_side_of_the_time_limit():
    speeds = [walk(steady(v))[0].speed_mps for v in (0.107, 0.108)]  # 2.15 m in 20 s is 0.1075 m/s
    assert speeds == pytest.approx([0.107, 0.108])


def test_backward_is_no_better_than_standing_still():
    assert walk(steady(-0.02))[0].speed_mps == walk(steady(0.0))[0].speed_mps == 0.0


@pytest.mark.parametrize("side", [-1, 1])
def test_the_side_line_ends_the_walk(side):
    """0.1 m/s sideways: at 0.75 m after 7.5 s, 1.35 m past the start line."""
    traversal, _ = walk(steady(0.2, sideways=0.1 * side))
    assert traversal.status is Status.LEFT_FIELD
    assert traversal.time_s is None
    assert traversal.distance_m == pytest.approx(1.35, abs=0.2 * LOOK * PERIOD)
    assert traversal.speed_mps == pytest.approx((1.35 + 0.15) / 20, abs=4e-4)


@pytest.mark.parametrize("tilt", [rolled, pitched])
@pytest.mark.parametrize("sign", [-1, 1])
def test_more_than_60_degrees_is_a_fall(tilt, sign):
    assert math.degrees(math.acos(FALLEN_COSINE)) == pytest.approx(60)
    assert walk(steady(0.5), orientation=lambda t: tilt(sign * math.radians(59.9)))[0].status is Status.FINISHED
    fall, body = walk(steady(0.5), orientation=lambda t: tilt(sign * math.radians(60.1 if t > 1 else 0)))
    assert fall.status is Status.FELL
    assert fall.speed_mps == 0.0
    assert fall.time_s is None
    assert fall.commands == len(body.sent) == 128  # the first look after 1 s, 125 commands


def test_an_orientation_that_is_no_number_is_a_fall():
    fall, _ = walk(steady(0.5), orientation=lambda t: (math.nan,) * 4 if t > 1 else UPRIGHT)
    assert fall.status is Status.FELL
    assert fall.speed_mps == 0.0


@settings(max_examples=50)
@given(st.floats(-0.15, 1.99), st.floats(-0.5, 0.5))
def test_a_fall_scores_no_better_than_standing_still(x, turned):
    still, _ = walk(lambda t: (-0.15, 0.0, 0.12), with_field(time_limit_s=0.1))
    fall, _ = walk(
        lambda t: (-0.15 if t < 0.05 else x, 0.0, 0.12),
        with_field(time_limit_s=0.1),
        orientation=lambda t: UPRIGHT if t < 0.05 else rolled(2.0 + turned),
    )
    assert fall.status is Status.FELL
    assert score(fall) <= score(still)


def test_conditions_come_from_the_seed_alone():
    drawn = [walk(steady(0.5), seed=seed)[1].prepared for seed in (5, 5, 6)]
    assert drawn[0] == drawn[1] == [FIELD.sample(np.random.default_rng(5))]
    assert drawn[2] != drawn[0]


def test_commands_are_sent_in_order_one_a_period():
    traversal, body = walk(steady(0.5), with_field(length_m=0.1))
    np.testing.assert_array_equal(body.start_pose, CountingController.start_pose)
    np.testing.assert_array_equal(np.array(body.sent)[:, 0], np.arange(traversal.commands))
    assert body.calls == ["prepare", "activate", *["command", "advance"] * traversal.commands, "deactivate"]


def test_a_time_limit_between_two_readings_is_kept():
    traversal, body = walk(steady(0.05), with_field(time_limit_s=14 * PERIOD))  # 4 + 4 + 4 + 2 commands
    assert traversal.status is Status.TIMEOUT
    assert traversal.commands == len(body.sent) == 14
    assert traversal.speed_mps == pytest.approx(0.05)


def test_the_observer_sees_every_reading_before_its_commands():
    seen = []
    traversal, _ = walk(steady(0.5), observer=lambda body, state: seen.append((state.time, len(body.sent))))
    assert len(seen) == traversal.commands / LOOK + 1
    assert all(time == pytest.approx(i * LOOK * PERIOD) and sent == i * LOOK for i, (time, sent) in enumerate(seen))


def test_an_error_on_the_way_leaves_the_servos_limp():
    body = ScriptedBody(ROBOT, steady(0.5), fails_at=1.0)
    body.configure()
    with pytest.raises(RuntimeError, match="the cable is out"):
        traverse(body, CountingController(), FIELD, 0)
    assert body.calls[-1] == "deactivate"
    assert body.lifecycle is Lifecycle.INACTIVE


def test_a_body_that_does_not_know_its_place_is_refused():
    body = ScriptedBody(ROBOT, steady(0.5), sees=False)
    body.configure()
    with pytest.raises(BodyError, match="--stopwatch key or gate:PORT"):
        traverse(body, CountingController(), FIELD, 0)
    assert body.lifecycle is Lifecycle.INACTIVE


def test_the_result_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        walk(steady(0.5))[0].speed_mps = 9.0
