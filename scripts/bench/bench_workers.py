"""Traversals per second of one worker process and of several, measured alternately in one run."""

import argparse
import json
import statistics
import time

import gaitopt
from gaitopt.run.rollout import World, fresh_tasks
from gaitopt.run.walkers.walker import GaitWalker
from gaitopt.workers import make_workers


def per_second(pool, tasks) -> float:
    begun = time.perf_counter()
    for _ in pool.run(tasks):
        pass
    return len(tasks) / (time.perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--traversals", type=int, default=40, help="traversals in each turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()

    robot, scenario = gaitopt.load_robot("aibo-ers7"), gaitopt.load_scenario("field")
    factory = World(robot, scenario, gaitopt.EngineSpec()).rollout
    tasks = fresh_tasks(GaitWalker(gaitopt.load_gait("hand-tuned", robot)), args.traversals, seed=0)
    with make_workers(factory, 1) as one, make_workers(factory, args.workers) as many:
        for pool in (one, many):  # start the processes and build the worlds
            per_second(pool, tasks[: 2 * args.workers])
        rows = [(per_second(one, tasks), per_second(many, tasks)) for _ in range(args.turns)]
    result = {
        "speedup": statistics.median(b / a for a, b in rows),
        "workers": args.workers,
        "one_per_s": statistics.median(a for a, _ in rows),
        "many_per_s": statistics.median(b for _, b in rows),
    }
    if args.json:
        print(json.dumps(result))
    else:
        print(f"1 worker {result['one_per_s']:.2f}/s, {args.workers} workers {result['many_per_s']:.2f}/s")
        print(f"speedup {result['speedup']:.2f}")


if __name__ == "__main__":
    main()
