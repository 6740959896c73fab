"""Learn a faster gait and save it: `python scripts/learn_gait.py --traversals 135 --out fast.toml`."""

import argparse

import gaitopt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--robot", default="aibo-ers7")
    parser.add_argument("--optimizer", default="ego-cma")
    parser.add_argument("--traversals", type=int, default=135)
    parser.add_argument("--seed", type=int, default=0, help="random seed")
    parser.add_argument("--out", default="learned_gait.toml", help="gait file to write")
    args = parser.parse_args()

    settings = gaitopt.LearnSettings(
        robot=args.robot, optimizer=args.optimizer, traversals=args.traversals, seed=args.seed
    )
    outcome = gaitopt.learn(settings)
    gaitopt.save_gait(outcome.best, args.out)
    print(f"start    {1e3 * outcome.start.speed_mps:.0f} mm/s")
    print(f"learned  {1e3 * outcome.learned.speed_mps:.0f} mm/s, in {args.out}")


if __name__ == "__main__":  # walks run in worker processes
    try:
        main()
    except gaitopt.GaitoptError as error:
        raise SystemExit(f"learn_gait: {error}") from None
