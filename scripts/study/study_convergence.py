"""Do speeds depend on the time step or on the engine? docs/results/convergence.md.

Gaits of each robot, its own, published ones, and random ones around them, walk at several time steps and numbers of
solver iterations, and are compared with walks at a much finer setting: in nominal conditions, or, if the gait spends
more than 5 % of the time in the air there, by the mean of noisy walks, as such gaits switch between walking and flight
from one walk to the next. Then random gaits around the hand-tuned one walk in both engines. Walks are kept in --walks.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from common.deviations import agreement, deviation
from common.published import PUBLISHED
from common.results import RESULTS, machine, table_of, write_section
from common.walks import Store, Walk, Walked

from gaitopt.gait.gait_file import gait_names, load_gait
from gaitopt.gait.parameters import GaitParameters
from gaitopt.gait.space import GaitSpace
from gaitopt.hal.engine import engine_of
from gaitopt.robot.spec import RobotSpec, load_robot, robot_names

SETTINGS = {
    "mujoco": ((0.004, 20), (0.002, 20), (0.001, 20)),
    "pybullet": ((0.004, 10), (0.004, 50), (0.002, 20), (0.001, 50)),
}
"""Time steps [s] and solver iterations that are compared."""
REFERENCE = {"mujoco": (0.0005, 100), "pybullet": (0.0005, 100)}
"""The much finer settings."""
GAITS, RANDOM, NEAR, FAR = 12, 40, 2.0, 4.0
"""Number of gaits, and of random ones for the engines; perturbations of both, in units of epsilon."""
LENGTH = 0.5
"""Length of the field on which time steps are compared [m]."""
IN_THE_AIR, SEEDS = 0.05, range(3)
"""Share of the time in the air above which a gait is judged by noisy walks, and their seeds."""

Row = tuple[float, ...]
"""The twelve parameters."""


def random_gaits(robot: RobotSpec, around: Sequence[Row], count: int, widest: float) -> list[Row]:
    """Return random gaits around some in turn, each parameter by up to `widest` epsilon, within the ranges."""
    space, rng = GaitSpace(robot), np.random.default_rng(1)
    gaits = []
    for i in range(count):
        center = space.to_cube(GaitParameters(*around[i % len(around)]))
        moved = center + rng.uniform(-widest, widest, len(center)) * space.epsilon_in_cube
        gaits.append(tuple(space.vectors(np.clip(moved, 0.0, 1.0)).tolist()))
    return gaits


def gaits_of(robot: RobotSpec) -> list[Row]:
    """Return the gaits of a robot that are compared."""
    own = [load_gait(name, robot).parameters for name in gait_names(robot)]
    published = [gait.parameters for gait in PUBLISHED.get(robot.name, ()) if gait.corner_mm == 0]
    rows = list(dict.fromkeys(tuple(gait.to_vector().tolist()) for gait in own + published))
    return rows + random_gaits(robot, rows, GAITS - len(rows), NEAR)


def speeds_at(store: Store, robot: str, gaits: Sequence[Row], engine: tuple, noisy: Sequence[bool]) -> list[float]:
    """Return the speeds of gaits [m/s]: of one nominal walk, or the mean of noisy ones."""
    nominal = store.walk_all([Walk(robot, engine, gait, length=LENGTH) for gait in gaits])
    many = store.walk_all(
        [Walk(robot, engine, g, seed, length=LENGTH) for g, n in zip(gaits, noisy, strict=True) if n for seed in SEEDS]
    )
    means = iter(np.array([walked.speed for walked in many]).reshape(-1, len(SEEDS)).mean(axis=1).tolist())
    return [next(means) if n else walked.speed for walked, n in zip(nominal, noisy, strict=True)]


def cost(walked: Sequence[Walked]) -> float:
    """Return the median processor time of walks [s]."""
    return float(np.median([walk.cpu for walk in walked]))


def convergence(store: Store, name: str) -> list[list[str]]:
    """Return the rows of a robot."""
    robot = load_robot(name)
    gaits, rows = gaits_of(robot), []
    for engine, settings in SETTINGS.items():
        finest = engine, *REFERENCE[engine]
        reference = store.walk_all([Walk(name, finest, gait, length=LENGTH) for gait in gaits])
        noisy = [walked.flight > IN_THE_AIR for walked in reference]
        fine = speeds_at(store, name, gaits, finest, noisy)
        chosen = engine_of(robot, engine)
        for setting in settings:
            at = engine, *setting
            found = deviation(speeds_at(store, name, gaits, at, noisy), fine)
            spent = cost(store.walk_all([Walk(name, at, gait, length=LENGTH) for gait in gaits]))
            mark = " (chosen)" if setting == (chosen.time_step_s, chosen.solver_iterations) else ""
            rows.append(
                [
                    name,
                    engine,
                    f"{1e3 * setting[0]:g} ms, {setting[1]}{mark}",
                    f"{found.gaits}, {sum(noisy)}",
                    f"{found.rms:.1%}",
                    f"{found.worst:+.1%}",
                    f"{found.falls}",
                    f"{spent:.2f} s",
                ]
            )
    return rows


def agreement_row(store: Store, name: str) -> list[str]:
    """Return how the engines agree about random gaits of a robot, at its usual settings."""
    robot = load_robot(name)
    start = tuple(load_gait("hand-tuned", robot).parameters.to_vector().tolist())
    gaits = random_gaits(robot, [start], RANDOM, FAR)
    speeds = []
    for engine in ("mujoco", "pybullet"):
        physics = engine_of(robot, engine)
        at = engine, physics.time_step_s, physics.solver_iterations
        speeds.append([walked.speed for walked in store.walk_all([Walk(name, at, gait) for gait in gaits])])
    found = agreement(*speeds)
    span = f"{found.lowest:.2f} - {found.highest:.2f}"
    return [name, f"{found.spearman:.2f}", f"{found.median:.2f}", span, *(str(count) for count in found.walk)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--robots", nargs="*", default=robot_names(), help="only these")
    parser.add_argument("--walks", type=Path, default=Path("runs/study-convergence.jsonl"), help="file of walks")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--publish", action="store_true", help="write the result into docs/results/")
    args = parser.parse_args()
    store = Store(args.walks, args.workers)
    engines = table_of(
        ["robot", "Spearman", "median ratio", "range", "walk in MuJoCo", "in PyBullet", "in both"],
        [agreement_row(store, name) for name in args.robots],
    )
    steps = table_of(
        ["robot", "engine", "step, iterations", "gaits, noisy", "rms", "worst", "falls", "CPU a walk"],
        [row for name in args.robots for row in convergence(store, name)],
    )
    for name, text in (("agreement", engines), ("steps", f"{steps}\n{machine()}.")):
        print(text)
        if args.publish:
            write_section(RESULTS / "convergence.md", name, text)


if __name__ == "__main__":
    main()
