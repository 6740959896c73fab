"""How well each optimizer learns: README's table of measured results.

Learns with several seeds, times start and winner by fresh traversals (falls count as zero), and tries each winner of
the main optimizer at half the time step and at 25 % less and more friction. Interrupted, it goes on where it stopped:
its runs lie in --runs.
"""

import argparse
import json
import statistics
from pathlib import Path

from common.readme import machine, write_section

import gaitopt
from gaitopt.gait.gait_file import read_gait
from gaitopt.run.learn.folder import RunFolder, list_runs
from gaitopt.run.learn.optimize import Outcome
from gaitopt.view.learn.progress import LearnProgressView
from gaitopt.workers import default_count

CASES = [
    ("aibo-ers7", "kohl-stone"),
    ("aibo-ers210", "kohl-stone"),
    ("aibo-ers7", "forward-difference"),
    ("aibo-ers7", "random-search"),
]
ROBUST = "kohl-stone"


def is_finished(run: RunFolder) -> bool:
    return run.best_path.is_file() and "speed_mps" in read_gait(run.best_path).origin


def learned(robot: str, optimizer: str, seed: int, args: argparse.Namespace) -> Outcome | None:
    """Return the outcome of one run; learned, resumed or only read, as far as it is."""
    name = f"study-{robot}-{optimizer}-{args.traversals}-{seed}"
    known = {run.config.name: run for run in list_runs(args.runs)}
    if args.only_finished and not (name in known and is_finished(known[name])):
        return None
    print(name, flush=True)
    with LearnProgressView() as view:
        if name in known:
            return gaitopt.resume(known[name], args.workers, report=view)
        return gaitopt.learn(
            robot=robot,
            optimizer=optimizer,
            traversals=args.traversals,
            workers=args.workers,
            seed=seed,
            name=name,
            runs=args.runs,
            report=view,
        )


def robustness(outcome, seed: int, workers: int) -> dict[str, float]:
    """Return the winner's speed in other physics, as a part of its speed in the usual ones."""
    robot, scenario = gaitopt.load_robot(outcome.best.robot), gaitopt.load_scenario("field")
    usual = gaitopt.EngineSpec()
    half = usual.model_copy(update={"time_step_s": usual.time_step_s / 2})

    def speed(friction: float = 1.0, engine: gaitopt.EngineSpec = usual) -> float:
        quantity = scenario.friction.model_copy(update={"mean": scenario.friction.mean * friction})
        ground = scenario.model_copy(update={"friction": quantity})
        return gaitopt.evaluate(outcome.best, robot, ground, seed=seed, workers=workers, body=engine).speed_mps

    base = outcome.learned.speed_mps
    return {
        "half_time_step": speed(engine=half) / base,
        "friction_75": speed(friction=0.75) / base,
        "friction_125": speed(friction=1.25) / base,
    }


def study(args: argparse.Namespace) -> list[dict]:
    rows = []
    for robot, optimizer in CASES:
        for seed in range(1, args.seeds + 1):
            outcome = learned(robot, optimizer, seed, args)
            if outcome is None:
                continue
            row = {
                "robot": robot,
                "optimizer": optimizer,
                "seed": seed,
                "start_mps": outcome.start.speed_mps,
                "learned_mps": outcome.learned.speed_mps,
                "learned_ci95_mps": outcome.learned.speed_ci95_mps,
                "gain": outcome.learned.speed_mps / outcome.start.speed_mps - 1,
                "fell": outcome.learned.fell,
                "finished": outcome.learned.finished,
                "artefacts": outcome.learned.artefacts,
            }
            if optimizer == ROBUST:
                row |= robustness(outcome, seed, args.workers)
            rows.append(row)
            print(json.dumps(row), flush=True)
    return rows


def table(rows: list[dict], args: argparse.Namespace) -> str:
    lines = [
        f"{args.traversals} traversals a run; speeds by 20 fresh traversals, falls count as zero. {machine()}.",
        "",
        "| robot | optimizer | seeds | start, mm/s | learned, mm/s: median (lowest to highest) "
        "| gain: median (lowest) | falls | half time step | friction -25 % | friction +25 % |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for robot, optimizer in CASES:
        group = [row for row in rows if (row["robot"], row["optimizer"]) == (robot, optimizer)]
        if not group:
            continue
        speeds = sorted(1e3 * row["learned_mps"] for row in group)
        gains = [row["gain"] for row in group]
        start = statistics.mean(1e3 * row["start_mps"] for row in group)
        worst = [
            f"{min(row[key] for row in group):.0%}" if key in group[0] else ""
            for key in ("half_time_step", "friction_75", "friction_125")
        ]
        lines.append(
            f"| {robot} | {optimizer} | {len(group)} | {start:.0f} "
            f"| {statistics.median(speeds):.0f} ({speeds[0]:.0f} to {speeds[-1]:.0f}) "
            f"| {statistics.median(gains):+.0%} ({min(gains):+.0%}) "
            f"| {sum(row['fell'] for row in group)} of {20 * len(group)} | {' | '.join(worst)} |"
        )
    lines += [
        "",
        "The last three columns: the winners' speed there as a part of their usual speed, lowest of the seeds.",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traversals", type=int, default=1035)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=default_count())
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--only-finished", action="store_true", help="leave out runs that are not finished")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    args = parser.parse_args()
    rows = study(args)
    (args.runs / "study_learning.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    text = table(rows, args)
    print(text)
    if args.readme:
        write_section("study_learning", text)


if __name__ == "__main__":
    main()
