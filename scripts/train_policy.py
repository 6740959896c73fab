"""Train a policy that adjusts a gait as the robot walks, and compare it with the gait alone in two scenarios.

The same as `gaitopt train --gait learned --scenario pushes --steps 50000`, and `gaitopt evaluate` after it.
"""

import argparse

import gaitopt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--robot", default="aibo-ers7")
    parser.add_argument("--gait", default="learned")
    parser.add_argument("--algorithm", default="ppo")
    parser.add_argument("--scenario", default="pushes", help="where it trains")
    parser.add_argument("--other", default="field", help="where it is evaluated, too")
    parser.add_argument("--steps", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0, help="random seed")
    parser.add_argument("--runs", default="runs", help="folder of runs")
    args = parser.parse_args()

    outcome = gaitopt.train(
        robot=args.robot,
        gait=args.gait,
        algorithm=args.algorithm,
        scenario=args.scenario,
        steps=args.steps,
        seed=args.seed,
        runs=args.runs,
    )
    policy = outcome.run / "policy.npz"
    for what, walker in (("gait alone", args.gait), ("with policy", policy)):
        for place in (args.scenario, args.other):
            result = gaitopt.evaluate(walker, args.robot, place, seed=args.seed)
            speed = f"{1e3 * result.speed_mps:.0f} mm/s"
            print(f"{what}, {place}: {speed}, {result.finished} of {result.repeats} traversals finished")
    print(f"policy: {policy}")


if __name__ == "__main__":  # walks run in worker processes
    try:
        main()
    except gaitopt.GaitoptError as error:
        raise SystemExit(f"train_policy: {error}") from None
