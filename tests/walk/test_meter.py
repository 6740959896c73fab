"""Shares of the time and energy, sampled between readings, against every step of the physics."""

import math

import numpy as np
import pytest
from scripted_body import LOOK, ON_PAWS, PERIOD, CountingController, ScriptedBody, steady

from gaitopt.gait.parameters import GaitParameters
from gaitopt.hal.body import GroundContacts
from gaitopt.hal.sim.pybullet_body import PyBulletBody
from gaitopt.robot.spec import load_robot
from gaitopt.scenario.spec import load_scenario
from gaitopt.walk.controller import GaitController
from gaitopt.walk.meter import BodyMeter, powers
from gaitopt.walk.traversal import traverse

ROBOT, FIELD = load_robot("aibo-ers7"), load_scenario("field")
ALOFT = GroundContacts(paws=False, legs=False, trunk=False)
FAST = GaitParameters(
    front_height=0.0343,
    front_side=0.0096,
    front_fore=0.0271,
    rear_height=0.046,
    rear_side=0.0063,
    rear_fore=-0.0112,
    length=0.0376,
    skew=0.0,
    body_height_front=0.0744,
    body_height_rear=0.1195,
    cycle_time=0.352,
    duty_factor=0.534,
)
"""A fast walk learned by rUNSWift 2005, in the air for a part of each cycle."""


def test_nothing_measured_is_nan():
    meter = BodyMeter(ScriptedBody(ROBOT, steady(0.2)), 8)
    assert not meter.states
    assert [power.size for power in powers(ROBOT, meter.states)] == [0, 0]
    assert all(map(math.isnan, meter.shares))


@pytest.mark.parametrize("every", [1, 2, 8, 10])
def test_one_command_of_every_so_many_is_due(every):
    meter = BodyMeter(ScriptedBody(ROBOT, steady(0.2)), every)
    due = np.array([meter.due() for _ in range(100 * every)]).reshape(100, every)
    assert due.sum(axis=1).tolist() == [1] * 100
    assert due.sum(axis=0).min() >= 100 // every - 2  # each place in its turn


@pytest.mark.parametrize("cycle", [8, 16, 32, 40, 64])
@pytest.mark.parametrize("first", [1, 5])
def test_no_cycle_keeps_step_with_it(cycle, first):
    """All feet in the air for a quarter of a cycle that is a whole number of readings."""

    def aloft(t):
        return first <= round(t / PERIOD) % cycle < first + cycle // 4

    body = ScriptedBody(ROBOT, steady(0.01), contacts=lambda t: ALOFT if aloft(t) else ON_PAWS)
    with body:
        traversal = traverse(body, CountingController(), FIELD, 0)
    assert traversal.flight == pytest.approx(0.25, abs=0.04)
    # Negative control: every second look sees all of it, or nothing, or only a few places of the cycle.
    looks = np.mean([aloft(t * PERIOD) for t in range(0, 2500, 2 * LOOK)])
    assert cycle > 16 or abs(looks - 0.25) > 0.2


class Watched(PyBulletBody):
    """Notes contacts and power at every step of the physics of a walk."""

    def __init__(self, robot):
        super().__init__(robot)
        self.aloft, self.power, self.at_looks = [], [], []

    def play(self, angles, period):
        self.at_looks.append(self._work())
        meter, self.meter = self.meter, self
        sent = super().play(angles, period)
        self.meter = meter
        return sent

    def due(self):
        return True

    def take(self):
        self.power.append(self._work())
        self.aloft.append(not any(self.ground_contacts()))

    def _work(self):
        state = self.read()
        return float(np.abs(np.multiply(state.joint_torques, state.joint_speeds)).sum())


def test_many_walks_together_see_every_moment_of_a_cycle():
    """A walk too short to see all of a cycle of 30 commands sees the same places of it each time, but for its seed."""

    def share(seeds):
        found = []
        for seed in seeds:
            meter = BodyMeter(ScriptedBody(ROBOT, steady(0.2)), 8, seed)
            found += [i % 30 for i in range(360) if meter.due()]
        return np.bincount(found, minlength=30) / len(found)

    assert np.abs(share(range(1000, 1020)) - 1 / 30).max() < 0.012
    assert np.abs(share([7] * 20) - 1 / 30).max() > 0.03  # negative control: one seed


def test_flight_and_energy_are_those_of_every_step():
    told, true, looked = [], [], []
    for seed in range(4):
        controller = GaitController(FAST, ROBOT, FIELD)
        with PyBulletBody(ROBOT) as body:
            traversal = traverse(body, controller, FIELD, seed)
        with Watched(ROBOT) as watched:
            again = traverse(watched, controller, FIELD, seed)
        assert again.speed_mps == traversal.speed_mps  # looking changes nothing
        seconds = traversal.commands * ROBOT.servo.command_period_s
        told.append((traversal.flight, traversal.energy_j))
        true.append((np.mean(watched.aloft), seconds * np.mean(watched.power)))
        looked.append(seconds * np.mean(watched.at_looks))
    flight, energy = np.mean(true, axis=0)
    assert np.mean(told, axis=0)[0] == pytest.approx(flight, abs=0.05)
    assert np.mean(told, axis=0)[1] == pytest.approx(energy, rel=0.1)
    assert np.mean(looked) < 0.85 * energy  # negative control: readings alone, just before the next command
