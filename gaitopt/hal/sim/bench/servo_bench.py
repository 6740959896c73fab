"""Servo bench: one joint of a robot on a stand, driven in an engine as in a walk, beside the servo as specified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gaitopt.arrays import Array
from gaitopt.hal.engine import EngineSpec, engine_of
from gaitopt.hal.sim.bench.specification import JointModel, Trace, Trial, joint_model
from gaitopt.hal.sim.bench.stand import Stand
from gaitopt.registry import Entry, Registry
from gaitopt.robot.spec import RobotSpec
from gaitopt.scenario.spec import Conditions, load_scenario

STANDS: Registry[type[Stand]] = Registry(
    "engine",
    "gaitopt.stands",
    {
        "pybullet": Entry("gaitopt.hal.sim.bench.pybullet_stand:PyBulletStand", "PyBullet, the Bullet engine"),
        "mujoco": Entry("gaitopt.hal.sim.bench.mujoco_stand:MuJoCoStand", "MuJoCo"),
    },
)
"""Stands by the name of their engine; another package's engine gets one by an entry point."""

LARGE = 0.8
"""Large step [rad]."""
SINES = ((1.0, 0.4), (3.0, 0.4), (3.0, 0.1), (8.0, 0.05))
"""Frequency [Hz] and amplitude [rad] of the sines."""
LOADS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.1, 1.3)
"""Loads of the torque-speed line, over the stall torque: beyond 1, the motor is turned backward."""
SMALL = 0.01
"""Largest small step [rad]."""
UNHEARD = 0.4
"""Share of the stall torque that a small step asks for at most: no limit acts."""
SETTLES = 12.0
"""Duration of a trial with a constant load, in time constants of the motor."""


@dataclass(frozen=True, eq=False)
class Bench:
    """What one joint did in one engine, and as specified."""

    engine: str
    """Name of the engine."""
    traces: dict[str, tuple[Trace, Trace]]
    """In the engine and as specified, by the name of the trial."""
    line: Array
    """Torque-speed line: speed [rad/s], torque measured and torque specified at that speed [N m], (n, 3)."""
    response: tuple[float, float]
    """Time in which 63 % of a small step is made, after the delay, in the engine and as specified [s]."""

    def torque_at(self, speed: float) -> float:
        """Return the torque that the servo has at a speed, by its torque-speed line [N m]."""
        order = np.argsort(self.line[:, 0])
        return float(np.interp(speed, self.line[order, 0], self.line[order, 1]))

    def deviation(self, trial: str) -> float:
        """Return the root mean square of the angle's deviation from the specification in a trial [rad]."""
        real, specified = self.traces[trial]
        return float(np.sqrt(np.mean((real.angle - specified.angle) ** 2)))


def run_bench(robot: RobotSpec, joint: str, engine: str | EngineSpec) -> Bench:
    """Return what a joint does in an engine, with the engine's settings for this robot unless given.

    Raises:
        InputError: the engine has no stand.
        BodyError: the engine is not installed.
    """
    spec = engine_of(robot, engine) if isinstance(engine, str) else engine
    model = joint_model(robot, joint)
    with STANDS.load(spec.name)(robot, spec, joint) as stand:
        traces = {name: both(stand, model, trial) for name, trial in usual_trials(model).items()}
        return Bench(spec.name, traces, torque_speed_line(stand, model), response_times(stand, model))


def both(stand: Stand, model: JointModel, trial: Trial) -> tuple[Trace, Trace]:
    """Return a trial on a stand and as specified, at the same times."""
    trace = play(stand, trial)
    return trace, model.run(trial, trace.times)


def play(stand: Stand, trial: Trial) -> Trace:
    """Return what a joint does on a stand, at every time step."""
    calm = Conditions(friction=1.0, servo_strength=trial.strength, start_side=0.0, start_heading=0.0)
    stand.prepare(load_scenario("field"), calm)
    stand.activate(stand.pose, 0.0)
    if trial.share != 1.0:
        stand.set_strength(np.where(np.arange(len(stand.pose)) == stand.joint, trial.share, 1.0))
    step, rows = stand.engine.time_step_s, []
    for target in trial.targets:
        goal = stand.pose.copy()
        goal[stand.joint] += target
        stand.command(goal)
        for _ in range(round(stand.command_period / step)):
            stand.load(trial.load)
            stand.advance(step)
            rows.append([target, *_joint(stand)])
    stand.deactivate()
    target, angle, speed, torque = np.array(rows).T
    times = np.linspace(step, step * len(rows), len(rows), dtype=np.float64)
    return Trace(times, target, angle - stand.pose[stand.joint], speed, torque)


def _joint(stand: Stand) -> tuple[float, float, float]:
    """Return angle [rad], speed [rad/s] and torque [N m] of the joint that turns."""
    state, at = stand.read(), stand.joint
    assert state.joint_angles is not None
    assert state.joint_speeds is not None
    assert state.joint_torques is not None
    return state.joint_angles[at], state.joint_speeds[at], state.joint_torques[at]


def small_step(model: JointModel) -> float:
    """Return a step so small that no limit of the servo acts [rad]."""
    servo = model.servo
    return min(SMALL, UNHEARD * float(servo.stall_torque[0]) * servo.response / servo.damping)


def usual_trials(model: JointModel) -> dict[str, Trial]:
    """Return the trials of the bench by name: steps, sines and a constant load."""
    servo, period = model.servo, model.period
    count = round(0.4 / period)
    small, hold = small_step(model), np.ones(count)
    trials = {"small step": Trial(small * hold), "large step": Trial(LARGE * hold)}
    for hertz, size in SINES:
        times = period * np.arange(1, round(2.0 / hertz / period) + 1)
        trials[f"sine {hertz:g} Hz, {size:g} rad"] = Trial(size * np.sin(2 * np.pi * hertz * times))
    trials["load of half the stall torque"] = Trial(0.0 * hold, load=-0.5 * float(servo.stall_torque[0]))
    return trials


def response_times(stand: Stand, model: JointModel) -> tuple[float, float]:
    """Return the time in which 63 % of a small step is made, after the delay, on a stand and as specified [s]."""
    size = small_step(model)
    lasts = model.delay + 6 * max(model.servo.response, model.inertia / model.servo.damping)
    trial = Trial(np.full(int(np.ceil(lasts / model.period)), size))
    trace = play(stand, trial)
    fine = np.linspace(0.0, trace.times[-1], 2001)[1:]
    return _reached(trace, size) - model.delay, _reached(model.run(trial, fine), size) - model.delay


def _reached(trace: Trace, size: float) -> float:
    """Return when 63 % of a step is made [s], by interpolation between readings; nan if it never is."""
    times, made = np.append(0.0, trace.times), np.append(0.0, trace.angle) / size
    share = 1 - np.exp(-1)
    at = int(np.argmax(made >= share))
    if at == 0:
        return float("nan")
    return float(np.interp(share, made[at - 1 : at + 1], times[at - 1 : at + 1]))


def torque_speed_line(stand: Stand, model: JointModel, loads: Sequence[float] = LOADS, strength: float = 1.0) -> Array:
    """Return the torque-speed line of a servo on a stand, (n, 3): speed [rad/s], torque, torque as specified [N m].

    The servo pulls with all its might against constant loads, given over its stall torque. Once the speed is steady,
    its torque is the load and the dry friction: no measurement of torque is needed.
    """
    servo = model.servo
    stall, slope = float(servo.stall_torque[0]) * strength, float(servo.back_emf[0])
    count = round(max(SETTLES * model.inertia / slope, 0.1) / model.period) + round(model.delay / model.period)
    rows = []
    for load in loads:
        far = Trial(np.full(count, 100.0 * max(1.0, servo.response * stall / servo.damping)), -load * stall, strength)
        speed = float(play(stand, far).speed[-1])
        torque = load * stall + np.sign(speed) * model.friction
        rows.append((speed, torque, float(stall - slope * speed)))
    return np.array(rows)
