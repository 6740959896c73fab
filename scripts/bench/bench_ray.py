"""Traversals per second of a local Ray and of the process pool, measured alternately in one run."""

import argparse
import json
import platform
import statistics
import time

import gaitopt
from gaitopt.hal.engine import engine_of
from gaitopt.run.rollout import World, fresh_tasks, rollout_workers
from gaitopt.run.walkers.walker import GaitWalker
from gaitopt.workers import RAY, default_count


def seconds(pool, tasks) -> float:
    begun = time.perf_counter()
    for _ in pool.run(tasks):
        pass
    return time.perf_counter() - begun


def warm(pool, tasks) -> None:
    """Let every process start and build its world; each answers for itself, so wait until none is slow any more."""
    for _ in range(3):
        seconds(pool, tasks)


def measure(traversals: int, turns: int) -> dict:
    """Walk the same traversals by both, and return how they compare."""
    robot, scenario = gaitopt.load_robot("aibo-ers7"), gaitopt.load_scenario("field")
    world = World(robot, scenario, engine_of(robot))
    each = -(-traversals // turns)
    tasks = fresh_tasks(GaitWalker(gaitopt.load_gait("hand-tuned", robot)), each * turns, seed=0)
    shares = [tasks[turn * each : (turn + 1) * each] for turn in range(turns)]
    count = default_count()
    with (
        rollout_workers(world, max(count, 2)) as processes,
        rollout_workers(world, RAY) as ray,
    ):
        for pool in (processes, ray):
            warm(pool, tasks[: 4 * count])
        rows = []
        for turn, share in enumerate(shares):
            order = (processes, ray) if turn % 2 else (ray, processes)  # neither always goes first
            spent = {pool: seconds(pool, share) for pool in order}
            rows.append((spent[processes], spent[ray]))
    in_pool, on_ray = (sum(column) for column in zip(*rows, strict=True))
    return {
        "ratio": in_pool / on_ray,
        "median_ratio": statistics.median(a / b for a, b in rows),
        "ratios": [a / b for a, b in rows],
        "pool_per_s": len(tasks) / in_pool,
        "ray_per_s": len(tasks) / on_ray,
        "traversals": len(tasks),
        "workers": count,
        "python": platform.python_version(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--traversals", type=int, default=200, help="traversals of each in total (default: %(default)s)"
    )
    parser.add_argument("--turns", type=int, default=10, help="number of turns (default: %(default)s)")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    result = measure(args.traversals, args.turns)
    if args.json:
        print(json.dumps(result))
    else:
        print(f"pool {result['pool_per_s']:.2f}/s, ray {result['ray_per_s']:.2f}/s, {result['workers']} workers each")
        print(
            f"ratio {result['ratio']:.3f} of all {result['traversals']}, {result['median_ratio']:.3f} median of turns"
        )


if __name__ == "__main__":
    main()
