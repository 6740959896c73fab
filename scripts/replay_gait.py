"""Walk once and print the path of the trunk: `python scripts/replay_gait.py hand-tuned`."""

import argparse

import gaitopt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("walker", help="name or file of a gait, file of a policy, or a run")
    parser.add_argument("--robot", default="aibo-ers7")
    parser.add_argument("--seed", type=int, default=0, help="random seed")
    parser.add_argument("--window", action="store_true", help="show PyBullet's window")
    args = parser.parse_args()

    commands = 0

    def watch(body, state) -> None:
        nonlocal commands
        if commands % 100 == 0:
            x, y, z = state.position
            print(f"{state.time:6.2f} s   x {x:6.3f}   y {y:6.3f}   z {z:6.3f} m")
        commands += 1

    traversal = gaitopt.traverse(args.walker, args.robot, "field", seed=args.seed, window=args.window, observer=watch)
    print(f"{traversal.status.value}: {traversal.speed_mps * 1e3:.0f} mm/s")


if __name__ == "__main__":
    try:
        main()
    except gaitopt.GaitoptError as error:
        raise SystemExit(f"replay_gait: {error}") from None
