"""Walk by a controller of your own, here sines: `python scripts/own_controller.py`."""

import argparse

import numpy as np

import gaitopt


class SineTrot:
    """Swing the legs by sines about a mean pose, diagonal pairs in turn; lift the legs that swing forward."""

    def __init__(self, robot, scenario):
        gait = gaitopt.load_gait("hand-tuned", robot)
        self.period, self.joints = robot.servo.command_period_s, robot.joint_names
        self.start_pose = gaitopt.cycle(gait.parameters, robot, self.period).angles.mean(axis=0)  # [rad]

    def drive(self, body, first, count, state):
        phase = 2 * np.pi * self.period / 0.5 * np.arange(first, first + count)
        angles = np.tile(self.start_pose, (count, 1))  # (count, joints)
        for column, joint in enumerate(self.joints):
            pair = 0 if joint.startswith(("front_left", "rear_right")) else np.pi
            if joint.endswith("rotator"):
                angles[:, column] += 0.35 * np.sin(phase + pair)
            elif joint.endswith("knee"):
                angles[:, column] += 0.8 * np.maximum(0, np.cos(phase + pair))
        body.play(angles, self.period)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="walks")
    args = parser.parse_args()
    for name, walker in (("hand-tuned gait", "hand-tuned"), ("sines", SineTrot)):
        result = gaitopt.evaluate(walker, "aibo-ers7", "field", repeats=args.repeats)
        print(f"{name}: {1e3 * result.speed_mps:.0f} mm/s, {result.fell} of {result.repeats} fell")


if __name__ == "__main__":  # walks run in worker processes
    try:
        main()
    except gaitopt.GaitoptError as error:
        raise SystemExit(f"own_controller: {error}") from None
