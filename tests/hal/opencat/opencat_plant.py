"""An ideal plant for emulated OpenCat firmware, which must never go back in time."""

from ideal_plant import IdealPlant

from gaitopt.hal.opencat.codec import JOINTS


class StillPlant(IdealPlant):
    def __init__(self):
        super().__init__(dict.fromkeys(range(JOINTS), 0.0), volts=7.53)

    def advance(self, now):
        assert now >= self.now - 1e-12, "time runs backward"
        super().advance(now)

    @property
    def angles(self):
        return list(self.positions.values())
