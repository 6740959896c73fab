"""How well learned gaits keep their speed in other physics: the table of docs/results/learning.md.

Learns with several seeds and measures first and learned gait by evaluation walks (a fall counts as zero). Every learned
gait of the main optimizer also walks at half the time step, and with 25 % less and more friction. An interrupted study
continues: its runs are in --runs.
"""

import argparse
import json
import statistics

from common.experiments import add_arguments, outcome_of
from common.results import RESULTS, machine, write_section

import gaitopt

CASES = [
    ("aibo-ers7", "kohl-stone"),
    ("aibo-ers210", "kohl-stone"),
    ("aibo-ers7", "forward-difference"),
    ("aibo-ers7", "random-search"),
]
ROBUST = "kohl-stone"


def robustness(outcome, seed: int, workers: int) -> dict[str, float]:
    """Return the learned gait's speed in other physics, as a fraction of its usual speed."""
    field, usual = gaitopt.load_scenario("field"), gaitopt.EngineSpec()
    half = usual.changed(time_step_s=usual.time_step_s / 2)

    def speed(friction: float = 1.0, engine: gaitopt.EngineSpec = usual) -> float:
        ground = field.changed(friction=field.friction.changed(mean=field.friction.mean * friction))
        return gaitopt.evaluate(outcome.best, scenario=ground, seed=seed, workers=workers, body=engine).speed_mps

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
            settings = gaitopt.LearnSettings(
                robot=robot,
                optimizer=optimizer,
                traversals=args.traversals,
                seed=seed,
                name=f"study-{robot}-{optimizer}-{args.traversals}-{seed}",
            )
            outcome = outcome_of(settings, args)
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
        f"{args.traversals} traversals a run; speeds by 20 evaluation walks, not used for learning; a fall counts as "
        f"0. {machine()}.",
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
        "The last three columns: speed of the learned gaits there as a fraction of their usual speed; lowest of the "
        "seeds.",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traversals", type=int, default=1035, help="budget of a run")
    parser.add_argument("--seeds", type=int, default=5, help="number of random seeds")
    add_arguments(parser)
    args = parser.parse_args()
    rows = study(args)
    args.runs.mkdir(parents=True, exist_ok=True)
    (args.runs / "study_learning.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    text = table(rows, args)
    print(text)
    if args.publish:
        write_section(RESULTS / "learning.md", "study_learning", text)


if __name__ == "__main__":
    main()
