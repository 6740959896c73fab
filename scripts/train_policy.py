"""Train a policy that adjusts a gait as it walks, then compare it with the gait alone in another scenario.

The same as `gaitopt train --gait learned --scenario pushes --steps 50000`, and `gaitopt score` after it.
"""

import argparse

import gaitopt


def report(progress, steps_per_s: float) -> None:
    print(f"{progress.steps:7d} steps, {steps_per_s:4.0f}/s, mean return {progress.mean_return:7.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--robot", default="aibo-ers7")
    parser.add_argument("--gait", default="learned")
    parser.add_argument("--algorithm", default="ppo")
    parser.add_argument("--scenario", default="pushes", help="where it trains")
    parser.add_argument("--elsewhere", default="field", help="where it is tried as well")
    parser.add_argument("--steps", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", default="runs")
    args = parser.parse_args()

    outcome = gaitopt.train(
        robot=args.robot,
        gait=args.gait,
        algorithm=args.algorithm,
        scenario=args.scenario,
        steps=args.steps,
        seed=args.seed,
        runs=args.runs,
        report=report,
    )
    robot, trained = gaitopt.load_robot(args.robot), outcome.trained
    there = gaitopt.load_scenario(args.elsewhere)
    for what, policy in (("gait alone", None), ("with policy", trained)):
        at_home = outcome.learned if policy else outcome.gait
        away = gaitopt.evaluate(policy or trained.gait, robot, there, seed=args.seed)
        for place, result in ((args.scenario, at_home), (args.elsewhere, away)):
            speed = f"{result.speed_mps * 1e3:.0f} mm/s"
            print(f"{what}, {place}: {speed}, {result.finished} of {result.repeats} traversals finished")
    print(f"policy: {outcome.run / 'policy.npz'}")


if __name__ == "__main__":
    main()
