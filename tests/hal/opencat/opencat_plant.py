"""A robot without physics for emulated OpenCat firmware: servos stand where they are aimed, limp ones stay."""

from gaitopt.hal.opencat.codec import JOINTS


class StillPlant:
    def __init__(self, battery=7.53):
        self.targets = [None] * JOINTS
        self.angles = [0.0] * JOINTS
        self.history = []
        self.battery = battery
        self.tilt = (0.0, 0.0, 0.0)
        self.time = 0.0

    def advance(self, now):
        assert now >= self.time - 1e-12, "time runs backward"
        self.time = max(now, self.time)

    def aim(self, servo, target):
        self.targets[servo] = target
        self.history.append((self.time, servo, target))
        if target is not None:
            self.angles[servo] = target

    def position(self, servo):
        return self.angles[servo]

    def speed(self, servo):
        return 0.0

    def load(self, servo):
        return 0.0

    def roll_pitch_yaw(self):
        return self.tilt

    def voltage(self):
        return self.battery

    def temperature(self, servo):
        return 25.0

    @property
    def powered(self):
        return {servo for servo, target in enumerate(self.targets) if target is not None}
