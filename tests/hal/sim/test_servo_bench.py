"""Servos of both engines against the servo model: on a stand, one joint at a time, with each robot's own settings."""

import dataclasses

import numpy as np
import pytest

from gaitopt.errors import BodyError, InputError
from gaitopt.hal.engine import engine_of
from gaitopt.hal.sim import mujoco_body, pybullet_body
from gaitopt.hal.sim.bench import servo_bench
from gaitopt.hal.sim.bench.servo_bench import STANDS, both, play, response_times, run_bench, torque_speed_line
from gaitopt.hal.sim.bench.specification import Trial, joint_model
from gaitopt.hal.sim.bench.stand import link_inertia
from gaitopt.hal.sim.mujoco_model import mujoco
from gaitopt.hal.sim.pybullet_world import ROTOR_SHARE
from gaitopt.robot.spec import load_robot

ROBOTS = ("aibo-ers7", "aibo-ers210", "dynamixel-quadruped", "petoi-bittle")
ENGINES = ("pybullet", "mujoco")
KNEE = "front_left_knee"
FEW = (0.0, 0.5, 1.2)
"""Loads over the stall torque: free, half, and turned backward."""


def stand_of(robot, engine, joint=KNEE, **settings):
    return STANDS.load(engine)(robot, engine_of(robot, engine).changed(**settings), joint)


def worst(line, robot):
    """Return the largest deviation from the torque-speed line, over the stall torque."""
    return np.abs(line[:, 1] - line[:, 2]).max() / robot.servo.stall_torque_nm


# The specification itself, against closed forms.


def times_of(trial, model):
    return np.linspace(0.0, len(trial.targets) * model.period, 301)[1:]


def test_a_small_step_as_specified_is_a_damped_oscillation(ers7):
    """inertia * a = damping * ((target - angle) / response - speed) has a closed form."""
    model = joint_model(ers7, KNEE)
    trial = Trial(np.full(15, 0.01))
    times = times_of(trial, model)
    decay = model.servo.damping / model.inertia / 2
    omega = np.sqrt(2 * decay / model.servo.response - decay**2)
    t = np.maximum(times - model.delay, 0.0)
    expected = 0.01 * (1 - np.exp(-decay * t) * (np.cos(omega * t) + decay / omega * np.sin(omega * t)))
    np.testing.assert_allclose(model.run(trial, times).angle, expected, atol=1e-8)


def test_a_motor_at_full_power_gains_speed_exponentially_as_specified(ers7):
    model = joint_model(ers7, KNEE)
    trial = Trial(np.full(15, 100.0), strength=0.8)
    times = times_of(trial, model)
    t = np.maximum(times - model.delay, 0.0)
    no_load = 0.8 * model.servo.no_load_speed[0]
    expected = no_load * (1 - np.exp(-t * model.servo.back_emf[0] / model.inertia))
    np.testing.assert_allclose(model.run(trial, times).speed, expected, atol=1e-6)


@pytest.mark.parametrize(("load", "moves"), [(0.3, True), (-0.3, True), (0.19, False)])
def test_dry_friction_as_specified_holds_a_limp_joint_or_brakes_it(ers7, load, moves):
    model = dataclasses.replace(joint_model(ers7, KNEE), friction=0.2)
    trial = Trial(np.zeros(4), load=load, share=0.0)
    times = times_of(trial, model)
    net = load - np.sign(load) * 0.2 if moves else 0.0
    np.testing.assert_allclose(model.run(trial, times).angle, net / model.inertia * times**2 / 2, atol=1e-8)


def test_with_dry_friction_as_specified_a_step_ends_short(ers7):
    """Where the joint stops at last, the controller asks for no more than the friction."""
    model = dataclasses.replace(joint_model(ers7, KNEE), friction=0.1)
    end = model.run(Trial(np.full(40, 0.02)), np.array([0.3, 0.32]))
    assert end.speed.tolist() == [0.0, 0.0]
    assert 0 < abs(end.torque[-1]) <= 0.1


@pytest.mark.parametrize("name", ROBOTS)
@pytest.mark.parametrize("part", ["rotator", "knee"])
def test_the_inertia_is_that_of_both_engines(name, part):
    """MuJoCo tells it; in PyBullet, a limp joint shows it: half of each rotor beyond the joint is on its links."""
    robot, joint = load_robot(name), f"front_left_{part}"
    links, rotor = link_inertia(robot, joint), robot.servo.armature_kgm2
    with stand_of(robot, "mujoco", joint) as stand:
        play(stand, Trial(np.zeros(1)))
        turn, moments = np.zeros(stand._model.nv), np.zeros(stand._model.nv)
        dof = stand._speeds[stand.joint]
        turn[dof] = 1.0
        mujoco.mj_mulM(stand._model, stand._data, moments, turn)
        assert moments[dof] == pytest.approx(links + rotor, rel=1e-6)
    rotors = {"rotator": len(robot.joint_names) // 4, "knee": 1}[part]
    with stand_of(robot, "pybullet", joint) as stand:
        trace = play(stand, Trial(np.zeros(1), load=0.01, share=0.0))
    inertia = links + ROTOR_SHARE * rotors * rotor
    np.testing.assert_allclose(trace.speed, 0.01 * trace.times / inertia, rtol=1e-6)
    assert (trace.torque == 0.0).all()


# The engines, against the specification.


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ROBOTS)
@pytest.mark.parametrize("part", ["rotator", "knee"])
def test_the_torque_speed_line_is_kept(engine, name, part):
    robot, joint = load_robot(name), f"front_left_{part}"
    with stand_of(robot, engine, joint) as stand:
        line = torque_speed_line(stand, joint_model(robot, joint), FEW)
    assert worst(line, robot) < 0.03
    no_load = robot.joint_speeds[robot.joint_names.index(joint)]
    np.testing.assert_allclose(line[:, 0] / no_load, [1.0, 0.5, -0.2], atol=0.03)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_low_battery_lowers_the_line(engine, ers7):
    with stand_of(ers7, engine) as stand:
        line = torque_speed_line(stand, joint_model(ers7, KNEE), FEW, strength=0.8)
    assert worst(line, ers7) < 0.03
    assert line[0, 0] == pytest.approx(0.8 * 7.47, rel=0.03)


def test_without_joint_damping_pybullet_has_no_line(ers7, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(pybullet_body.PyBulletBody, "_dampen", lambda body, damping: setattr(body, "_damping", damping))
    with stand_of(ers7, "pybullet") as stand:
        assert worst(torque_speed_line(stand, joint_model(ers7, KNEE), (0.5,)), ers7) > 0.3


def test_without_a_largest_voltage_mujoco_has_no_line(ers7, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(mujoco_body, "SUPPLY", 1e6)
    with stand_of(ers7, "mujoco") as stand:
        assert worst(torque_speed_line(stand, joint_model(ers7, KNEE), (0.5,)), ers7) > 0.3


def test_with_the_efforts_of_the_urdf_mujoco_has_no_line_backward(ers7):
    """Negative control: the joint's own limit caps a motor that is turned backward at its stall torque."""
    with stand_of(ers7, "mujoco") as stand:
        play(stand, Trial(np.zeros(1)))
        stand._model.jnt_actfrclimited[:] = 1
        stand._model.jnt_actfrcrange[:] = [-2.27, 2.27]
        assert worst(torque_speed_line(stand, joint_model(ers7, KNEE), (0.5,)), ers7) < 0.03
        assert worst(torque_speed_line(stand, joint_model(ers7, KNEE), (1.2,)), ers7) > 0.3


@pytest.mark.parametrize("name", ROBOTS)
@pytest.mark.parametrize("part", ["rotator", "knee"])
def test_mujoco_responds_as_specified(name, part):
    """Its error is that of the time step: 4 ms, which the ERS-210 has, are half of its servo's response."""
    robot, joint = load_robot(name), f"front_left_{part}"
    with stand_of(robot, "mujoco", joint) as stand:
        real, specified = response_times(stand, joint_model(robot, joint))
    assert real == pytest.approx(specified, rel=0.09 if name == "aibo-ers210" else 0.05)


def test_mujocos_error_goes_with_the_time_step():
    robot = load_robot("aibo-ers210")
    errors = []
    for step in (0.002, 0.001):
        with stand_of(robot, "mujoco", time_step_s=step) as stand:
            real, specified = response_times(stand, joint_model(robot, KNEE))
        errors.append(abs(real / specified - 1))
    assert errors[0] < 0.05
    assert errors[1] == pytest.approx(errors[0] / 2, rel=0.1)


@pytest.mark.parametrize("name", ROBOTS)
@pytest.mark.parametrize("part", ["rotator", "knee"])
def test_pybullet_responds_as_if_nothing_resisted(name, part):
    """Its motor reaches the speed that the controller asks for at once: inertia delays it only at the limit."""
    robot, joint = load_robot(name), f"front_left_{part}"
    with stand_of(robot, "pybullet", joint) as stand:
        real, specified = response_times(stand, joint_model(robot, joint))
    limit = 0.25 if (name, part) == ("aibo-ers210", "rotator") else 0.05  # there even a small step meets the limit
    assert real == pytest.approx(robot.servo.response_s, rel=limit)
    assert real < specified  # documented in docs/physics.md


@pytest.mark.parametrize("step", [0.004, 0.001])
def test_in_pybullet_an_error_decays_alike_at_any_time_step(ers7, step):
    robot = ers7.changed(servo={"delay_s": 0.0})
    with stand_of(robot, "pybullet", time_step_s=step) as stand:
        trace = play(stand, Trial(np.full(6, 0.005)))
    left = 1 - trace.angle[trace.times > 0.007] / 0.005
    np.testing.assert_allclose(left, np.exp(-trace.times[trace.times > 0.007] / robot.servo.response_s), atol=0.01)


@pytest.mark.parametrize(("name", "degrees"), [("aibo-ers7", 0.4), ("petoi-bittle", 0.25)])
def test_mujoco_follows_sines_and_steps_as_specified(name, degrees):
    robot = load_robot(name)
    bench = run_bench(robot, KNEE, "mujoco")
    assert {trial: np.degrees(bench.deviation(trial)) for trial in bench.traces} == {
        trial: pytest.approx(0.0, abs=degrees) for trial in bench.traces
    }


@pytest.mark.parametrize("load", [-1.0, 0.5])
def test_in_mujoco_a_servo_gives_under_a_load(ers7, load):
    """By load * response / damping; in PyBullet it does not give."""
    trial = Trial(np.zeros(20), load=load)
    with stand_of(ers7, "mujoco") as stand:
        assert play(stand, trial).angle[-1] == pytest.approx(load * 0.0085 / 0.40, rel=0.01)
    with stand_of(ers7, "pybullet") as stand:
        assert play(stand, trial).angle[-1] == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("delay", [0.0, 0.016, 0.032])
def test_a_command_acts_after_the_delay(engine, delay, ers7):
    robot = ers7.changed(servo={"delay_s": delay})
    with stand_of(robot, engine) as stand:
        trace = play(stand, Trial(np.full(8, 0.5)))
        step = stand.engine.time_step_s
    moved = np.abs(trace.angle) > 1e-9
    assert trace.times[np.argmax(moved)] == pytest.approx(delay + step)


@pytest.mark.parametrize("engine", ENGINES)
def test_half_a_servo_has_half_its_line(engine, ers7):
    """Half the torque at rest, none at the same speed."""
    model = joint_model(ers7, KNEE)
    trial = Trial(np.full(30, 100.0), load=-0.25 * 2.27, share=0.5)
    with stand_of(ers7, engine) as stand:
        real, specified = both(stand, model, trial)
    assert specified.speed[-1] == pytest.approx(7.47 / 2, rel=0.001)
    assert real.speed[-1] == pytest.approx(7.47 / 2, rel=0.01)
    assert real.torque[-1] == pytest.approx(0.25 * 2.27, rel=0.01)


def test_a_limp_servo_in_mujoco_turns_freely(ers7):
    with stand_of(ers7, "mujoco") as stand:
        real, specified = both(stand, joint_model(ers7, KNEE), Trial(np.zeros(5), load=0.05, share=0.0))
    assert real.speed[-1] == pytest.approx(specified.speed[-1], rel=0.02)
    assert np.abs(real.torque).max() < 1e-6


def test_dry_friction_is_in_mujoco_and_not_in_pybullet(ers7):
    """PyBullet has none: an error of the whole friction; none of gaitopt's robots has any."""
    robot = ers7.changed(servo={"friction_nm": 0.2})
    errors = {}
    for engine in ENGINES:
        with stand_of(robot, engine) as stand:
            line = torque_speed_line(stand, joint_model(robot, KNEE), (0.0, 0.5))
        errors[engine] = np.abs(line[:, 1] - line[:, 2]).max()
    assert errors["mujoco"] < 0.01
    assert errors["pybullet"] == pytest.approx(0.2, rel=0.01)
    assert all(load_robot(name).servo.friction_nm == 0.0 for name in ROBOTS)


def test_with_friction_mujoco_stops_where_friction_can_hold_it():
    """Soft friction, MuJoCo's usual one, would carry it on past its target, though the servo pulls it back."""
    robot = load_robot("petoi-bittle").changed(servo={"friction_nm": 0.02})
    trial = Trial(np.full(30, 0.02))
    ends = []
    with stand_of(robot, "mujoco") as stand:
        ends.append(play(stand, trial).angle[-1])
        stand._model.dof_solref[:] = [0.02, 1.0]
        ends.append(play(stand, trial).angle[-1])
    assert 0.012 - 1e-4 < ends[0] < 0.02  # friction can hold it from 12 mrad on, where the specification ends
    assert ends[1] > 0.025  # negative control


def test_an_unknown_engine_is_refused(ers7):
    with pytest.raises(InputError, match="unknown engine 'mujco'; did you mean mujoco"):
        run_bench(ers7, KNEE, "mujco")


def test_the_bench_says_where_its_angles_come_from(ers7, monkeypatch):
    """An engine that stands still is noticed: nothing of the specification leaks into what is measured."""
    monkeypatch.setattr(servo_bench, "_joint", lambda stand: (stand.pose[stand.joint], 0.0, 0.0))
    with stand_of(ers7, "mujoco") as stand:
        real, specified = both(stand, joint_model(ers7, KNEE), Trial(np.full(10, 0.2)))
    assert (real.angle == 0.0).all()
    assert specified.angle[-1] > 0.1


def test_a_time_step_that_does_not_divide_the_command_period_is_refused(ers7):
    with pytest.raises(BodyError, match="command period"):
        stand_of(ers7, "mujoco", time_step_s=0.003)
