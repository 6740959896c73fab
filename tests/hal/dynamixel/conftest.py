"""A plant without physics, for emulated servos."""

import pytest


class IdealPlant:
    """Servos that move at a constant speed, at once by default; the test sets everything else."""

    def __init__(self, positions, speed=float("inf")):
        self.positions = dict(positions)  # [ticks]
        self.targets = dict.fromkeys(positions)
        self.most_speed = speed  # [ticks/s]
        self.volts = 11.1
        self.degrees = dict.fromkeys(positions, 30.0)
        self.loads = dict.fromkeys(positions, 0.0)
        self.speeds = dict.fromkeys(positions, 0.0)
        self.now = 0.0

    def advance(self, now):
        elapsed, self.now = now - self.now, now
        for servo, target in self.targets.items():
            if target is not None and elapsed > 0:
                reach = self.most_speed * elapsed
                way = target - self.positions[servo]
                self.positions[servo] += max(-reach, min(reach, way))

    def aim(self, servo, target):
        self.targets[servo] = target
        if target is not None and self.most_speed == float("inf"):
            self.positions[servo] = target

    def position(self, servo):
        return self.positions[servo]

    def speed(self, servo):
        return self.speeds[servo]

    def load(self, servo):
        return self.loads[servo]

    def roll_pitch_yaw(self):
        return (0.0, 0.0, 0.0)

    def voltage(self):
        return self.volts

    def temperature(self, servo):
        return self.degrees[servo]


@pytest.fixture(scope="session")
def ideal_plant():
    return IdealPlant
