"""Walk on a robot for some seconds: `python scripts/deploy_gait.py fast.toml --body opencat:/dev/ttyUSB0 --yes`."""

import argparse

import gaitopt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("walker", help="name or file of a gait, or file of a policy")
    parser.add_argument("--robot", default="petoi-bittle")
    parser.add_argument("--body", required=True, help="opencat:PORT or dynamixel:PORT")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--native", action="store_true", help="upload the gait, and let the robot play it by itself")
    parser.add_argument("--yes", action="store_true", help="the robot stands safely: move it")
    args = parser.parse_args()

    robot = gaitopt.load_robot(args.robot)
    with gaitopt.make_body(robot, args.body) as body:  # leaving it, for any reason, leaves the servos limp
        walk = gaitopt.plan_deployment(
            body, args.walker, robot, "field", native=args.native, slower=None, duration=args.seconds
        )
        print(f"{body.info.model}, firmware {body.info.firmware}; cycle {walk.gait.cycle_time:.2f} s")
        if not args.yes:
            raise SystemExit("deploy_gait: nothing was moved; add --yes when the robot stands safely")
        done = gaitopt.deploy(body, walk.controller, args.seconds)
    late = 1e3 * done.timing.quantile(0.99)
    print(f"walked {done.seconds:.0f} s; {done.timing.missed} missed deadlines, 99 % of commands within {late:.1f} ms")


if __name__ == "__main__":
    try:
        main()
    except gaitopt.GaitoptError as error:
        raise SystemExit(f"deploy_gait: {error}") from None
