"""Learn a faster gait and save it: `python scripts/learn_gait.py --traversals 135 --out fast.toml`."""

import argparse

import gaitopt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--robot", default="aibo-ers7")
    parser.add_argument("--optimizer", default="ego-cma")
    parser.add_argument("--traversals", type=int, default=135)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--out", default="learned_gait.toml", help="the gait file to write")
    args = parser.parse_args()

    outcome = gaitopt.learn(
        robot=args.robot,
        optimizer=args.optimizer,
        traversals=args.traversals,
        seed=args.seed,
        workers=args.workers,
        report=lambda p: print(f"\r{p.stage}: {p.traversals} of {p.budget} traversals", end="", flush=True),
    )
    gaitopt.save_gait(outcome.best, args.out)
    print(f"\nstart    {outcome.start.speed_mps * 1e3:.0f} mm/s")
    print(f"learned  {outcome.learned.speed_mps * 1e3:.0f} mm/s, in {args.out}")


if __name__ == "__main__":
    try:
        main()
    except gaitopt.GaitoptError as error:
        raise SystemExit(f"learn_gait: {error}") from None
