"""Which optimizer finds a fast gait with the fewest traversals? README's tables, for both AIBOs.

A comparison for each robot, of every optimizer with the same budget and seeds; then every last gait of the default
optimizer at half the time step. Interrupted, it goes on where it stopped: its comparisons lie in --runs. With --readme
what was measured is kept in docs/, and methods that stand there already and are not named by --optimizers are told
again: so one method can be measured anew, or a long study made in parts.
"""

import argparse
import json
import math
from collections.abc import Container
from contextlib import suppress
from pathlib import Path

from common import kept
from common.readme import README, write_section

import gaitopt
from gaitopt.errors import InputError
from gaitopt.gait.gait_file import read_gait
from gaitopt.optim.catalog import DEFAULT
from gaitopt.run.compare.compare import new_study, run_comparison
from gaitopt.run.compare.folder import ComparisonFolder, list_studies, plan
from gaitopt.run.compare.results import Comparison
from gaitopt.run.compare.settings import plan
from gaitopt.view.compare.plot import comparison_plot
from gaitopt.view.compare.progress import CompareProgressView
from gaitopt.view.compare.table import markdown, summary_records, write_tables
from gaitopt.workers import default_count

DOCS = README.parent / "docs"
ROBOTS = ("aibo-ers7", "aibo-ers210")
CHECKED = {DEFAULT, "bayesian", "linear-regression", "kohl-stone"}
"""Methods whose last gaits walk at half the time step, too."""


def study_of(robot: str, args: argparse.Namespace) -> ComparisonFolder:
    """Return the comparison of a robot, begun if there is none with these settings yet."""
    name = f"study-optimizers-{robot}-{args.traversals}"
    made = plan(robot=robot, optimizers=args.optimizers, traversals=args.traversals, seeds=args.seeds, name=name)
    for study in reversed(list_studies(args.runs)):
        with suppress(InputError):
            study.check(made)
            return study
    return new_study(made, args.runs, args.workers)


def half_time_step(study: ComparisonFolder, failed: Container[str], workers: int) -> dict[str, list[float]]:
    """Return the speeds of methods' last gaits at half the time step, as parts of their usual speeds."""
    parts: dict[str, list[float]] = {}
    for member in study.members:
        if member.method in CHECKED and member.path.name not in failed:
            best, config = read_gait(member.path / "best.toml"), member.config
            usual = config.engine
            half = usual.model_copy(update={"time_step_s": usual.time_step_s / 2})
            speeds = [
                gaitopt.evaluate(
                    best, config.robot, config.scenario, seed=config.seed, workers=workers, body=engine
                ).speed_mps
                for engine in (half, usual)
            ]
            parts.setdefault(member.method, []).append(speeds[0] / speeds[1] if speeds[1] > 0 else 0.0)
    return parts


def publish(robot: str, comparison: Comparison, halves: dict[str, list[float]]) -> None:
    """Put the comparison, joined with what is kept of earlier ones, into docs/ and README."""
    records = DOCS / f"comparison_{robot}.json"
    if records.is_file():
        old, old_halves = kept.read(records)
        comparison, halves = kept.joined(old, comparison), old_halves | halves
    kept.keep(comparison, halves, records)
    picture = DOCS / f"comparison_{robot}.png"
    comparison_plot(comparison, picture)
    text = f"![{robot}: speed against traversals](docs/{picture.name})\n\n{markdown(comparison)}"
    for method, parts in halves.items():
        least = math.floor(100 * min(parts))
        text += f"\n`{method}`: at half the time step its last gaits keep at least {least}% of their speed.\n"
    write_section(f"compare-{robot}", text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--robots", nargs="*", default=ROBOTS)
    parser.add_argument("--optimizers", default="all", help="names with commas between them (default: all)")
    parser.add_argument("--traversals", type=int, default=1035)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=default_count())
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--readme", action="store_true", help="put each table into README.md when it is made")
    args = parser.parse_args()
    for robot in args.robots:
        study = study_of(robot, args)
        with CompareProgressView(study, args.workers) as view:
            comparison = run_study(study, args.workers, view)
        write_tables(comparison)
        comparison_plot(comparison)
        halves = half_time_step(study, comparison.failed, args.workers)
        print(json.dumps({"robot": robot, "half_time_step": halves, "methods": summary_records(comparison)}))
        print(markdown(comparison))
        if args.readme:
            publish(robot, comparison, halves)


if __name__ == "__main__":
    main()
