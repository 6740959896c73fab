"""Walk once and print the result, or film it: `python scripts/replay_gait.py hand-tuned --video walk.gif`."""

import argparse

import gaitopt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("walker", help="name or file of a gait, file of a policy, or a run")
    parser.add_argument("--robot", default="aibo-ers7")
    parser.add_argument("--scenario", default="field")
    parser.add_argument("--seed", type=int, default=0, help="random seed")
    parser.add_argument("--video", help="file to write: .gif or .mp4")
    args = parser.parse_args()

    walk = gaitopt.traverse(args.walker, args.robot, args.scenario, seed=args.seed)
    print(f"{walk.status.value}: {1e3 * walk.speed_mps:.0f} mm/s")
    if args.video:
        gaitopt.record_video(args.video, {args.walker: args.walker}, args.robot, args.scenario)
        print(f"video: {args.video}")


if __name__ == "__main__":
    try:
        main()
    except gaitopt.GaitoptError as error:
        raise SystemExit(f"replay_gait: {error}") from None
