"""A robot without physics, for emulated firmware: servos go where they are aimed, limp ones stay."""


class IdealPlant:
    """Servos by number, at `positions` [units]; the test sets everything else."""

    def __init__(self, positions, volts=11.1, speed=float("inf")):
        self.positions = dict(positions)
        self.targets = dict.fromkeys(positions)
        self.history = []  # (time, servo, target)
        self.most_speed = speed  # [units/s]
        self.volts = volts
        self.tilt = (0.0, 0.0, 0.0)
        self.degrees = dict.fromkeys(positions, 30.0)
        self.loads = dict.fromkeys(positions, 0.0)
        self.speeds = dict.fromkeys(positions, 0.0)
        self.now = 0.0

    def advance(self, now):
        elapsed, self.now = max(0.0, now - self.now), max(now, self.now)
        if self.most_speed < float("inf") and elapsed > 0:
            reach = self.most_speed * elapsed
            for servo in self.powered:
                distance = self.targets[servo] - self.positions[servo]
                self.positions[servo] += max(-reach, min(reach, distance))

    def aim(self, servo, target):
        self.targets[servo] = target
        self.history.append((self.now, servo, target))
        if target is not None and self.most_speed == float("inf"):
            self.positions[servo] = target

    def heat(self, degrees):
        self.degrees = dict.fromkeys(self.degrees, degrees)

    def position(self, servo):
        return self.positions[servo]

    def speed(self, servo):
        return self.speeds[servo]

    def load(self, servo):
        return self.loads[servo]

    def roll_pitch_yaw(self):
        return self.tilt

    def voltage(self):
        return self.volts

    def temperature(self, servo):
        return self.degrees[servo]

    @property
    def powered(self):
        return {servo for servo, target in self.targets.items() if target is not None}

    @property
    def aims(self):
        """How often a servo was aimed somewhere."""
        return sum(target is not None for _, _, target in self.history)
