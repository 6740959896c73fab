"""Fraction of a gait's simulated speed that an emulated robot reaches, measured by its light gate.

OpenCat plays the gait from its own memory (a native skill); Dynamixel servos receive a stream of commands.
"""

import argparse
import json
import os

import gaitopt

NATIVE = {"petoi-bittle": True, "dynamixel-quadruped": False}


def transfer(robot_name: str, gait_name: str, repeats: int, scenario_name: str) -> dict:
    robot, scenario = gaitopt.load_robot(robot_name), gaitopt.load_scenario(scenario_name)
    gait = gaitopt.load_gait(gait_name, robot)
    native = NATIVE[robot_name]
    simulated = gaitopt.evaluate(gait, robot, scenario, repeats=20, workers=os.cpu_count() or 1)
    with gaitopt.emulated(robot, scenario, gate=True) as ports:
        on_desk = gaitopt.RealRobot(body=ports.body, stopwatch=ports.stopwatch, native=native)
        operated = on_desk.operated_by(gaitopt.UnattendedOperator(2.0))
        real = gaitopt.evaluate(gait, robot, scenario, repeats=repeats, body=operated)
    return {
        "robot": robot_name,
        "gait": gait_name,
        "native": native,
        "simulated_mps": simulated.speed_mps,
        "emulated_mps": real.speed_mps,
        "emulated_ci95_mps": real.speed_ci95_mps,
        "finished": f"{real.finished} of {real.repeats}",
        "share": real.speed_mps / simulated.speed_mps,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--robot", choices=list(NATIVE), action="append")
    parser.add_argument("--gait", default="learned", help="name or file of a gait")
    parser.add_argument("--repeats", type=int, default=5, help="walks of the emulated robot")
    parser.add_argument("--scenario", default="field")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    for robot in args.robot or NATIVE:
        row = transfer(robot, args.gait, args.repeats, args.scenario)
        words = f"{robot}: {row['simulated_mps'] * 1e3:.0f} mm/s simulated, {row['emulated_mps'] * 1e3:.0f} emulated"
        print(json.dumps(row) if args.json else f"{words}, {row['share']:.0%}", flush=True)


if __name__ == "__main__":
    main()
