"""How near do simulated walks come to real ones? docs/results/fidelity.md.

For each AIBO, constants of the servos are drawn at random between bounds, then searched by CMA-ES from the best of
them; every sample walks all gaits to which constants are fitted. Each of these gaits is also judged by the constants
that fit the others best. Then the robots walk all published gaits with the constants of their files, in both engines.
Nothing is tuned for a gait. Walks are kept in --walks: an interrupted study goes on from there.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from common.fit import BOUNDS, Sample, best, constants_at, left_out, misfit
from common.published import PUBLISHED, Published, error, rms
from common.results import RESULTS, machine, table_of, write_section
from common.walks import Store, Walk, Walked

from gaitopt.hal.engine import engine_of
from gaitopt.optim.catalog import make_optimizer
from gaitopt.robot.spec import load_robot

ENGINES = ("mujoco", "pybullet")
FIT_SEEDS, JUDGE_SEEDS = range(2), range(8)
"""Seeds of the walks that fit, 1 m long, and of those that judge, 2 m long."""


def walks_of(robot: str, gait: Published, engine: str, seeds: Sequence[int], **changes: object) -> list[Walk]:
    """Return the walks of a published gait, one for each seed."""
    physics = engine_of(load_robot(robot), engine)
    settings = physics.name, physics.time_step_s, physics.solver_iterations
    row = tuple(gait.parameters.to_vector().tolist())
    return [Walk(robot, settings, row, seed, corner_mm=gait.corner_mm, **changes) for seed in seeds]


def measured(store: Store, robot: str, points: Sequence[np.ndarray]) -> list[Sample]:
    """Return samples at points of the unit cube of constants."""
    gaits = [gait for gait in PUBLISHED[robot] if gait.fitted]
    tables = [constants_at(point) for point in points]
    walks = [
        walk
        for table in tables
        for gait in gaits
        for walk in walks_of(robot, gait, "mujoco", FIT_SEEDS, **_split(table))
    ]
    speeds = np.array([walked.speed for walked in store.walk_all(walks)])
    means = speeds.reshape(len(tables), len(gaits), len(FIT_SEEDS)).mean(axis=2)  # (points, gaits)
    names = [gait.name for gait in gaits]
    return [
        Sample(table, dict(zip(names, row, strict=True))) for table, row in zip(tables, means.tolist(), strict=True)
    ]


def _split(table: dict[str, float]) -> dict[str, object]:
    """Return constants as arguments of a walk."""
    servo = tuple((name, value) for name, value in table.items() if name != "friction")
    return {"constants": servo, "friction": table["friction"]}


def fit(store: Store, robot: str, budget: int) -> tuple[list[Sample], Sample]:
    """Return random samples, and the best one after as many more by CMA-ES."""
    gaits = [gait for gait in PUBLISHED[robot] if gait.fitted]
    rng = np.random.default_rng(1)
    points = list(rng.random((budget, len(BOUNDS))))
    samples = measured(store, robot, points)
    start = points[samples.index(best(samples, gaits))]
    optimizer = make_optimizer("cma-es", start, np.full(len(BOUNDS), 0.05), rng)
    found = list(samples)
    while len(found) < 2 * budget:
        asked = optimizer.ask()
        new = measured(store, robot, list(asked))
        optimizer.tell(asked, [-misfit(sample.speeds, gaits) for sample in new])
        found += new
        print(robot, len(found), round(misfit(best(found, gaits).speeds, gaits), 4), flush=True)
    return samples, best(found, gaits)


def real_text(gait: Published) -> str:
    """Return the measured speeds of a gait [mm/s]."""
    low, high = (round(1e3 * speed) for speed in gait.speed)
    return f"under {high}" if low == 0 else f"{low}" if low == high else f"{low} - {high}"


def judged(walked: Sequence[Walked], gait: Published) -> tuple[list[str], float]:
    """Return mean speed, error and power of a gait's walks as cells, and the error."""
    speeds = np.array([walk.speed for walk in walked])
    deviation = error(float(speeds.mean()), gait.speed)
    falls = int((speeds == 0).sum())
    cell = f"{1e3 * speeds.mean():.0f}" + (f" ({falls} of {len(speeds)} fell)" if falls else "")
    return [cell, f"{deviation:+.0%}", f"{np.mean([walk.power for walk in walked]):.0f}"], deviation


def judgement(store: Store, robot: str) -> str:
    """Return how fast the robot walks the published gaits with the constants of its file, in both engines."""
    rows, errors = [], {engine: {True: [], False: []} for engine in ENGINES}
    for gait in PUBLISHED[robot]:
        row = [gait.name, "fitted" if gait.fitted else "held out", real_text(gait)]
        for engine in ENGINES:
            cells, deviation = judged(store.walk_all(walks_of(robot, gait, engine, JUDGE_SEEDS, length=2.0)), gait)
            row += cells
            errors[engine][gait.fitted].append(deviation)
        rows.append(row)
    columns = ["gait", "role", "real, mm/s", *(f"{name} {what}" for name in ENGINES for what in ("mm/s", "error", "W"))]
    text = table_of(columns, rows)
    for engine in ENGINES:
        fitted, held_out = (rms(errors[engine][kind]) for kind in (True, False))
        text += f"\n{engine}: rms error {fitted:.1%} of the fitted gaits"
        text += f", {held_out:.1%} of those held out.\n" if errors[engine][False] else ".\n"
    return text


def fitted_text(store: Store, robot: str, budget: int) -> str:
    """Return what the fit found, and what each gait's speed is if it is left out of the fit."""
    gaits = [gait for gait in PUBLISHED[robot] if gait.fitted]
    samples, found = fit(store, robot, budget)
    choices = {"all": found, **{f"without {name}": s for name, s in left_out(samples, gaits).items()}}
    rows = [
        [
            name,
            *(f"{value:.3g}" for value in sample.constants.values()),
            *(f"{1e3 * sample.speeds[gait.name]:.0f}" for gait in gaits),
            f"{misfit(sample.speeds, [g for g in gaits if name != f'without {g.name}']):.1%}",
        ]
        for name, sample in choices.items()
    ]
    text = table_of(["fitted to", *BOUNDS, *(f"{gait.name} mm/s" for gait in gaits), "rms error"], rows)
    outside = [error(choices[f"without {gait.name}"].speeds[gait.name], gait.speed) for gait in gaits]
    errors = ", ".join(f"{gait.name} {e:+.0%}" for gait, e in zip(gaits, outside, strict=True))
    good = sum(misfit(sample.speeds, gaits) < 0.05 for sample in samples)
    text += f"\nErrors of the gaits left out: {errors}. Of {len(samples)} random samples, {good} "
    return text + "come within 5 % (rms) of all fitted gaits.\n"


def bounds_text() -> str:
    """Return the bounds of the constants."""
    rows = [[name, f"{bound.low:g} - {bound.high:g}", bound.why] for name, bound in BOUNDS.items()]
    return table_of(["constant", "bounds", "why"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--robots", nargs="*", default=list(PUBLISHED), help="only these")
    parser.add_argument("--samples", type=int, default=100, help="random samples of constants, and as many by CMA-ES")
    parser.add_argument("--walks", type=Path, default=Path("runs/study-fidelity.jsonl"), help="file of walks")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--publish", action="store_true", help="write the result into docs/results/")
    args = parser.parse_args()
    store = Store(args.walks, args.workers)
    sections = {"bounds": bounds_text()}
    for robot in args.robots:
        sections[f"fit-{robot}"] = f"{fitted_text(store, robot, args.samples)}\n{machine()}."
        sections[f"judge-{robot}"] = judgement(store, robot)
    for name, text in sections.items():
        print(f"## {name}\n\n{text}")
        if args.publish:
            write_section(RESULTS / "fidelity.md", name, text)


if __name__ == "__main__":
    main()
