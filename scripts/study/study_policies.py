"""What every policy-gradient algorithm makes of a learned gait: README's table of policies.

Each algorithm trains with several seeds on the flat field, and PPO where it is pushed and on rough ground too; gait
alone and policy are compared by the same fresh traversals (falls count as zero). Interrupted, it goes on where it
stopped: its runs lie in --runs.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np
from common.readme import machine, write_section

import gaitopt
from gaitopt.gait.gait_file import load_gait
from gaitopt.rl.algorithms.catalog import ALGORITHMS
from gaitopt.rl.training import Stopping
from gaitopt.robot.spec import load_robot
from gaitopt.run.differences import first_difference
from gaitopt.run.train.folder import TrainFolder, list_trainings
from gaitopt.run.train.settings import WALKING, PolicyOptions, resolve_training
from gaitopt.run.train.train import TrainOutcome, continue_training, new_training
from gaitopt.run.trained_policy import read_trained
from gaitopt.scenario.spec import load_scenario
from gaitopt.view.train.progress import TrainProgressView
from gaitopt.walk.evaluation import confidence_interval
from gaitopt.workers import default_count

ROBOT, GAIT, MAIN = "aibo-ers7", "learned", "ppo"
SCENARIOS = ("field", "pushes", "rough")
STEPS = {"field": 150_000, "pushes": 1_000_000, "rough": 2_000_000}
"""Where a robot falls often, it takes longer to learn not to."""
FRESH = {"field": 20, "pushes": 200, "rough": 200}
"""Fresh traversals of each gait and policy: of twenty that may fall by chance one says as little as none."""
BRACED = WALKING.model_copy(
    update={
        "observe": (*WALKING.observe, "velocity"),
        "adjust": WALKING.adjust.model_copy(update={"change_s": 0.1}),
    }
)
"""To stay on its feet a policy sees the velocity, since a shove is first felt as one, and changes the gait quickly."""
SETTINGS = {
    "pushes": {"interface": BRACED, "policy_options": PolicyOptions(sigma=0.15)},
    "rough": {"interface": BRACED, "policy_options": PolicyOptions(sigma=0.25), "options": {"rate": 2e-4}},
}
"""What differs from the usual. Quick changes want less noise. Smaller steps make use of all epochs, where else the
limit of the approximate KL ends them after the first or second: that pays on rough ground. On the flat field quick
changes with less noise gain 14 and 16 % where the usual settings gain 23."""
CASES = [(MAIN, scenario) for scenario in SCENARIOS]
CASES += [(algorithm, "field") for algorithm in ALGORITHMS if algorithm != MAIN]


def trained(algorithm: str, scenario: str, seed: int, args: argparse.Namespace) -> TrainOutcome | None:
    """Return the outcome of one training; trained, resumed or only told again, as far as it is."""
    steps = args.steps or STEPS[scenario]
    name = f"study-{algorithm}-{scenario}-{steps}-{seed}"
    known = {run.config.name: run for run in list_trainings(args.runs)}
    if args.only_finished and not (
        name in known
        and known[name].policy_path.is_file()
        and "speed_mps" in read_trained(known[name].policy_path).about.origin
    ):
        return None
    print(name, flush=True)
    settings = {"algorithm": algorithm, "stopping": Stopping(steps=steps), "seed": seed, "name": name}
    settings |= {"fresh": FRESH[scenario]} | SETTINGS.get(scenario, {})
    if name in known:
        check_settings(known[name], scenario, settings)
    folder = known.get(name) or new_training(robot=ROBOT, scenario=scenario, gait=GAIT, runs=args.runs, **settings)
    with TrainProgressView(folder.config) as view:
        return continue_training(folder, args.workers, view)


def check_settings(folder: TrainFolder, scenario: str, settings: dict[str, Any]) -> None:
    """Refuse a training that was begun with other settings than it would have today."""
    robot = load_robot(ROBOT)
    today = resolve_training(
        robot=robot, scenario=load_scenario(scenario), gait=load_gait(GAIT, robot), gait_name=GAIT, **settings
    )
    found = first_difference(*(c.model_dump(exclude={"versions", "pace_mps"}) for c in (folder.config, today)))
    if found is not None:
        key, then, now = found
        sys.exit(f"{folder.path}: was trained with {key} = {then!r}, now it is {now!r}; move it away, to train anew")


def half_time_step(outcome: TrainOutcome, seed: int, workers: int) -> float:
    """Return the policy's speed at half the time step, as a part of its usual speed."""
    robot, field = gaitopt.load_robot(ROBOT), gaitopt.load_scenario("field")
    usual = gaitopt.EngineSpec()
    half = usual.model_copy(update={"time_step_s": usual.time_step_s / 2})
    speed = gaitopt.evaluate(outcome.trained, robot, field, seed=seed, workers=workers, body=half).speed_mps
    return speed / outcome.learned.speed_mps


def study(args: argparse.Namespace) -> list[dict]:
    rows = []
    for algorithm, scenario in CASES:
        if algorithm not in (args.algorithms or ALGORITHMS) or scenario not in (args.scenarios or SCENARIOS):
            continue
        for seed in range(1, (args.seeds if algorithm == MAIN else args.seeds_of_others) + 1):
            outcome = trained(algorithm, scenario, seed, args)
            if outcome is None:
                continue
            row = {
                "algorithm": algorithm,
                "scenario": scenario,
                "seed": seed,
                "steps": outcome.progress.steps,
                "gait_mps": outcome.gait.speed_mps,
                "policy_mps": outcome.learned.speed_mps,
                "gait_finished": outcome.gait.finished,
                "policy_finished": outcome.learned.finished,
                "walks": outcome.learned.repeats,
                "artefacts": outcome.learned.artefacts,
            }
            if (algorithm, scenario) == (MAIN, "field"):
                row["half_time_step"] = half_time_step(outcome, seed, args.workers)
            rows.append(row)
            print(json.dumps(row), flush=True)
    return rows


def table(rows: list[dict], args: argparse.Namespace) -> str:
    lines = [
        f"{ROBOT}, gait `{GAIT}`; speeds by {FRESH['field']} fresh traversals of every seed, {FRESH['pushes']} where "
        f"there are pushes or bumps; falls count as zero. PPO sees the velocity there, linear policies "
        f"always. {machine()}.",
        "",
        "| algorithm | scenario | steps | seeds | gait alone, mm/s | with policy, mm/s: median (lowest to highest) "
        "| gain: mean (95 % interval) | gait alone finishes | policy finishes (95 % interval) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for algorithm, scenario in CASES:
        group = [row for row in rows if (row["algorithm"], row["scenario"]) == (algorithm, scenario)]
        if not group:
            continue
        speeds = sorted(1e3 * row["policy_mps"] for row in group)
        gains = np.array([row["policy_mps"] / row["gait_mps"] - 1 for row in group])
        low, high = confidence_interval(gains)
        walks = sum(row["walks"] for row in group)
        finished = np.array([row["policy_finished"] / row["walks"] for row in group])
        least, most = np.clip(confidence_interval(finished), 0.0, 1.0)
        alone = statistics.mean(1e3 * row["gait_mps"] for row in group)
        lines.append(
            f"| {algorithm} | {scenario} | {group[0]['steps']:,} | {len(group)} | {alone:.0f} "
            f"| {statistics.median(speeds):.0f} ({speeds[0]:.0f} to {speeds[-1]:.0f}) "
            f"| {gains.mean():+.0%} ({low:+.0%} to {high:+.0%}) "
            f"| {sum(row['gait_finished'] for row in group)} of {walks} "
            f"| {sum(row['policy_finished'] for row in group)} of {walks} ({least:.0%} to {most:.0%}) |"
        )
    if halves := [row["half_time_step"] for row in rows if "half_time_step" in row]:
        lines += ["", f"PPO on the field at half the time step: at least {min(halves):.0%} of the usual speed."]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, help="of every training, instead of the usual ones")
    parser.add_argument("--seeds", type=int, default=5, help="of PPO")
    parser.add_argument("--seeds-of-others", type=int, default=5)
    parser.add_argument("--algorithms", nargs="*", help="only these")
    parser.add_argument("--scenarios", nargs="*", help="only these")
    parser.add_argument("--workers", type=int, default=default_count())
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--only-finished", action="store_true", help="leave out runs that are not finished")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    args = parser.parse_args()
    rows = study(args)
    args.runs.mkdir(parents=True, exist_ok=True)
    (args.runs / "study_policies.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    text = table(rows, args)
    print(text)
    if args.readme:
        write_section("study_policies", text)


if __name__ == "__main__":
    main()
