"""Which optimizer finds a fast gait in the fewest traversals? The tables of docs/results/optimizers.md.

One comparison for each AIBO, of every optimizer with the same budget and seeds. Then the last gaits of some of them
walk at half the time step. An interrupted study continues: its comparisons are in --runs. With --publish, what was
measured is stored in docs/results/. Methods stored there and not named by --optimizers keep their results, so
that one method can be measured again, or a long study made in parts.
"""

import argparse
import json
import math
from pathlib import Path

from common import stored
from common.experiments import add_arguments, outcome_of
from common.results import RESULTS, write_section

import gaitopt
from gaitopt.optim.catalog import DEFAULT
from gaitopt.run.compare.folder import ComparisonFolder
from gaitopt.run.compare.results import Comparison
from gaitopt.view.compare.plot import comparison_plot
from gaitopt.view.compare.table import markdown, summary_records

ROBOTS = ("aibo-ers7", "aibo-ers210")
CHECKED = {DEFAULT, "bayesian", "linear-regression", "kohl-stone"}
"""Methods whose last gaits walk at half the time step, too."""


def half_time_step(comparison: Comparison, workers: int) -> dict[str, list[float]]:
    """Return the speeds of methods' last gaits at half the time step, as fractions of their usual speeds."""
    fractions: dict[str, list[float]] = {}
    for member in ComparisonFolder(Path(comparison.folder)).members:
        if member.method in CHECKED and member.path.name not in comparison.failed:
            usual = member.config.engine
            half = usual.changed(time_step_s=usual.time_step_s / 2)
            speeds = [
                gaitopt.evaluate(member.path, seed=member.config.seed, workers=workers, body=engine).speed_mps
                for engine in (half, usual)
            ]
            fractions.setdefault(member.method, []).append(speeds[0] / speeds[1] if speeds[1] > 0 else 0.0)
    return fractions


def publish(robot: str, comparison: Comparison, halves: dict[str, list[float]]) -> None:
    """Write a comparison, joined with what is stored of earlier ones, into docs/results/."""
    records = RESULTS / f"comparison_{robot}.json"
    if records.is_file():
        old, old_halves = stored.read(records)
        comparison, halves = stored.joined(old, comparison), old_halves | halves
    stored.write(comparison, halves, records)
    picture = RESULTS / f"comparison_{robot}.png"
    comparison_plot(comparison, picture)
    text = f"![{robot}: speed against traversals]({picture.name})\n\n{markdown(comparison)}"
    for method, fractions in halves.items():
        least = math.floor(100 * min(fractions))
        text += f"\n`{method}`: at half the time step its last gaits keep at least {least}% of their speed.\n"
    write_section(RESULTS / "optimizers.md", f"compare-{robot}", text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--robots", nargs="*", default=ROBOTS, help="only these")
    parser.add_argument("--optimizers", default="all", help="names with commas between them (default: all)")
    parser.add_argument("--traversals", type=int, default=1035, help="budget of a run")
    parser.add_argument("--seeds", type=int, default=5, help="number of random seeds")
    add_arguments(parser)
    args = parser.parse_args()
    for robot in args.robots:
        settings = gaitopt.CompareSettings(
            robot=robot,
            optimizers=args.optimizers,
            traversals=args.traversals,
            seeds=args.seeds,
            name=f"study-optimizers-{robot}-{args.traversals}",
        )
        comparison = outcome_of(settings, args)
        if comparison is None:
            continue
        halves = half_time_step(comparison, args.workers)
        print(json.dumps({"robot": robot, "half_time_step": halves, "methods": summary_records(comparison)}))
        print(markdown(comparison))
        if args.publish:
            publish(robot, comparison, halves)


if __name__ == "__main__":
    main()
