"""Measure a gait or a policy at several frictions: `python scripts/score_gait.py hand-tuned`."""

import argparse

import gaitopt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("walker", help="name or file of a gait, file of a policy, or a run")
    parser.add_argument("--robot", default="aibo-ers7")
    parser.add_argument("--repeats", type=int, default=5, help="walks at each friction")
    args = parser.parse_args()

    print("friction  mm/s  95 % interval  finished")
    for friction in (0.4, 0.6, 0.8):
        field = gaitopt.load_scenario("field", friction=friction)
        result = gaitopt.evaluate(args.walker, args.robot, field, repeats=args.repeats)
        low, high = (1e3 * end for end in result.speed_ci95_mps)
        print(f"{friction:8.1f} {1e3 * result.speed_mps:5.0f}  {low:5.0f} to {high:3.0f}    {result.finished:8d}")


if __name__ == "__main__":  # walks run in worker processes
    try:
        main()
    except gaitopt.GaitoptError as error:
        raise SystemExit(f"score_gait: {error}") from None
