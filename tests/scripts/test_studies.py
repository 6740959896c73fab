"""The pure parts of the studies of physics, against hand arithmetic."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from gaitopt.gait import locus
from gaitopt.gait.gait_file import load_gait
from gaitopt.robot.spec import load_robot

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "study"))
from common import fit, walks
from common.deviations import agreement, deviation
from common.published import ERS7, PUBLISHED, error, rms
from common.results import table_of


def test_errors_are_from_the_middle_of_what_was_measured():
    assert error(0.33, (0.29, 0.31)) == pytest.approx(0.10)
    assert error(0.27, (0.29, 0.31)) == pytest.approx(-0.10)
    assert error(0.0, (0.29, 0.31)) == -1.0


def test_under_a_speed_everything_is_right():
    assert error(0.10, (0.0, 0.15)) == 0.0
    assert error(0.18, (0.0, 0.15)) == pytest.approx(0.20)


def test_rms():
    assert rms([0.03, -0.04]) == pytest.approx(0.05 / 2**0.5)
    assert rms([]) == 0.0


def test_published_gaits_belong_to_robots():
    for name, gaits in PUBLISHED.items():
        assert load_robot(name).name == name
        assert len({gait.name for gait in gaits}) == len(gaits)
        assert all(0 <= low <= high for low, high in (gait.speed for gait in gaits))
    start = load_gait("kohl-stone-start", "aibo-ers210").parameters
    assert PUBLISHED["aibo-ers210"][0].parameters == start


def test_a_sample_is_judged_by_the_gaits_that_it_is_fitted_to():
    gaits = [gait for gait in ERS7 if gait.name in ("l1", "pg31")]  # 304 and 348 mm/s
    good_l1 = fit.Sample({"stall_torque_nm": 1.0}, {"l1": 0.304, "pg31": 0.261})  # errors 0, -25 %
    good_pg31 = fit.Sample({"stall_torque_nm": 2.0}, {"l1": 0.2128, "pg31": 0.348})  # errors -30 %, 0
    assert fit.best([good_l1, good_pg31], gaits) is good_l1
    assert fit.misfit(good_l1.speeds, gaits) == pytest.approx(0.25 / 2**0.5)
    assert fit.left_out([good_l1, good_pg31], gaits) == {"l1": good_pg31, "pg31": good_l1}


def test_constants_stay_between_their_bounds():
    for share, name in ((0.0, "low"), (1.0, "high")):
        constants = fit.constants_at(np.full(len(fit.BOUNDS), share))
        assert constants == pytest.approx({key: getattr(bound, name) for key, bound in fit.BOUNDS.items()})
    assert fit.Bound(1.0, 4.0, "").value(0.5) == pytest.approx(2.0)
    delays = {fit.BOUNDS["delay_s"].value(share) for share in np.linspace(0.0, 1.0, 101)}
    assert sorted(delays) == pytest.approx([0.0, 0.008, 0.016, 0.024, 0.032])


def test_servo_constants_change_a_robot():
    robot = walks.robot_with("aibo-ers210", {"stall_torque_nm": 1.25, "no_load_ratio": 1.5})
    assert robot.servo.stall_torque_nm == 1.25
    assert robot.joint_speeds[:3] == pytest.approx([4.221, 3.747, 4.254])  # 1.5 x 2.814, 2.498, 2.836
    assert walks.robot_with("aibo-ers210", {}) == load_robot("aibo-ers210")


def test_a_rectangular_swing():
    # Half the stroke is 50 mm: 33 of 40 frames go forward, the rest up and down.
    phase = np.array([0.0, 0.25, 0.5, 0.5 + 0.5 * 3.5 / 40, 0.75, 1 - 0.5 * 3.5 / 40])
    along, lift = walks.rectangle(phase, 0.5, 50)
    assert along == pytest.approx([1.0, 0.0, -1.0, -1.0, 0.0, 1.0])
    assert lift == pytest.approx([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    ellipse = locus.stroke
    with walks.swing(50):
        assert locus.stroke is not ellipse
    assert locus.stroke is ellipse


def test_walks_that_a_file_holds_are_not_walked_again(tmp_path):
    walk, result = walks.Walk("aibo-ers7", ("mujoco", 0.002, 20), (0.0,) * 12), walks.Walked(0.3, 9.0, 0.1, 0.2)
    path = tmp_path / "walks.jsonl"
    path.write_text(json.dumps([json.dumps(asdict(walk), sort_keys=True), asdict(result)]) + "\n")
    assert walks.Store(path).walk_all([walk, walk]) == [result, result]


def test_deviations_from_a_reference():
    found = deviation([0.31, 0.18, 0.0, 0.5], [0.30, 0.20, 0.4, 0.0])  # the last one falls in the reference
    assert found.rms == pytest.approx(((1 / 900 + 1 / 100 + 1) / 3) ** 0.5)
    assert (found.worst, found.gaits, found.falls) == (-1.0, 3, 1)
    assert deviation([0.33], [0.30]).worst == pytest.approx(0.1)


def test_agreement_of_two_engines():
    # Ranks 2 3 4 1 and 3 2 4 1: 1 - 6 * 2 / (4 * 15) = 0.8
    found = agreement([0.2, 0.3, 0.4, 0.0], [0.22, 0.21, 0.4, 0.0])
    assert found.spearman == pytest.approx(0.8)
    assert (found.lowest, found.median, found.highest) == pytest.approx((0.7, 1.0, 1.1))
    assert found.walk == (3, 3, 3)
    assert agreement([0.1, 0.2, 0.3], [0.3, 0.2, 0.1]).spearman == pytest.approx(-1.0)


def test_a_table():
    assert table_of(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
