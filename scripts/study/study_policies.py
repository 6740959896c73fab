"""What each policy-gradient algorithm makes of a learned gait: the table of docs/results/policies.md.

Each algorithm trains with several seeds on the flat field, and PPO where it is pushed and on rough ground, too. Gait
alone and policy are compared by the same evaluation walks (a fall counts as zero). An interrupted study continues: its
trainings are in --runs.
"""

import argparse
import json
import statistics

import numpy as np
from common.experiments import add_arguments, outcome_of
from common.results import RESULTS, machine, write_section

import gaitopt
from gaitopt.rl.algorithms.catalog import ALGORITHMS
from gaitopt.walk.evaluation import confidence_interval

ROBOT, GAIT, MAIN = "aibo-ers7", "learned", "ppo"
SCENARIOS = ("field", "pushes", "rough")
STEPS = {"field": 150_000, "pushes": 1_000_000, "rough": 2_000_000}
"""Environment steps. Where a robot falls often, it takes longer to learn not to."""
FRESH = {"field": 20, "pushes": 200, "rough": 200}
"""Evaluation walks of each gait and policy: where falls are a matter of chance, twenty say little."""
OBSERVE = ["phase", "tilt", "rates", "heading", "joints", "offsets", "velocity"]
BRACED = {"observe": OBSERVE, "adjust": {"change_s": 0.1}}
"""To stay on its feet, a policy sees the velocity, in which a push shows first, and changes the gait quickly."""
SETTINGS = {
    "pushes": {"interface": BRACED, "policy_options": {"sigma": 0.15}},
    "rough": {"interface": BRACED, "policy_options": {"sigma": 0.25}, "options": {"rate": 2e-4}},
}
"""Settings that differ from the defaults. Quick changes need less noise. Smaller steps use all epochs, where otherwise
the limit on the approximate KL divergence ends them after the first or second: that pays on rough ground. On the flat
field, quick changes with less noise gain 14 and 16 %, where the defaults gain 23."""
CASES = [(MAIN, scenario) for scenario in SCENARIOS]
CASES += [(algorithm, "field") for algorithm in ALGORITHMS if algorithm != MAIN]


def settings_of(algorithm: str, scenario: str, seed: int, args: argparse.Namespace) -> gaitopt.TrainSettings:
    """Return the settings of one training."""
    steps = args.steps or STEPS[scenario]
    return gaitopt.TrainSettings(
        robot=ROBOT,
        scenario=scenario,
        gait=GAIT,
        algorithm=algorithm,
        steps=steps,
        seed=seed,
        fresh=FRESH[scenario],
        name=f"study-{algorithm}-{scenario}-{steps}-{seed}",
        **SETTINGS.get(scenario, {}),
    )


def half_time_step(outcome, seed: int, workers: int) -> float:
    """Return the policy's speed at half the time step, as a fraction of its usual speed."""
    usual = gaitopt.EngineSpec()
    half = usual.changed(time_step_s=usual.time_step_s / 2)
    speed = gaitopt.evaluate(outcome.trained, ROBOT, "field", seed=seed, workers=workers, body=half).speed_mps
    return speed / outcome.learned.speed_mps


def study(args: argparse.Namespace) -> list[dict]:
    rows = []
    for algorithm, scenario in CASES:
        if algorithm not in (args.algorithms or ALGORITHMS) or scenario not in (args.scenarios or SCENARIOS):
            continue
        for seed in range(1, (args.seeds if algorithm == MAIN else args.seeds_of_others) + 1):
            outcome = outcome_of(settings_of(algorithm, scenario, seed, args), args)
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
        f"{ROBOT}, gait `{GAIT}`; speeds by {FRESH['field']} evaluation walks of every seed, {FRESH['pushes']} where "
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
    parser.add_argument("--steps", type=int, help="environment steps of every training (default: see STEPS)")
    parser.add_argument("--seeds", type=int, default=5, help="number of random seeds of PPO")
    parser.add_argument("--seeds-of-others", type=int, default=5, help="number of random seeds of the others")
    parser.add_argument("--algorithms", nargs="*", help="only these")
    parser.add_argument("--scenarios", nargs="*", help="only these")
    add_arguments(parser)
    args = parser.parse_args()
    rows = study(args)
    args.runs.mkdir(parents=True, exist_ok=True)
    (args.runs / "study_policies.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    text = table(rows, args)
    print(text)
    if args.publish:
        write_section(RESULTS / "policies.md", "study_policies", text)


if __name__ == "__main__":
    main()
