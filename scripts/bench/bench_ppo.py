"""PPO compared with that of stable-baselines3: the same environment, hyperparameters, steps and machine, in one run.

Our PPO does not scale observations and rewards here, because that of stable-baselines3 does not unless its environments
are wrapped. It clips the gradients of policy and critic separately, as always.

Three settings: stable-baselines3's defaults with one environment per core; its fastest (8 environments, batches of
256); and, for the final return, the defaults over several seeds. Also the cost of an environment step relative to the
bare physics in it. Needs stable-baselines3: `make baselines`. Run it on an idle machine.
"""

import argparse
import json
import sys
import time

import numpy as np

from gaitopt.gait.gait_file import load_gait
from gaitopt.rl.algorithms.catalog import make_algorithm
from gaitopt.rl.policies.files import make_policy
from gaitopt.rl.request import Request, share_out
from gaitopt.rl.rollout import collect
from gaitopt.rl.sampler import Sampler
from gaitopt.rl.training import Stopping, Training
from gaitopt.robot.spec import load_robot
from gaitopt.run.train.sampler_pool import SamplerFactory, SamplerPool
from gaitopt.scenario.spec import load_scenario
from gaitopt.seeding import Stream, generator
from gaitopt.walk.environment import TraversalEnvironment
from gaitopt.walk.evaluation import confidence_interval
from gaitopt.workers import default_count

SETTINGS = {
    "default": {"environments": default_count(), "steps": 2048 * default_count(), "minibatch": 64},
    "fastest": {"environments": 8, "steps": 4096, "minibatch": 256},
}
"""Steps are those between two updates, of all environments together; all else is stable-baselines3's default."""
SIGMA = 1.0
PACE = 0.25
"""About the gait's own speed [m/s]: returns tell what was gained on it."""
WINDOW = 20


def environment() -> TraversalEnvironment:
    robot = load_robot("aibo-ers7")
    gait = load_gait("hand-tuned", robot).parameters
    return TraversalEnvironment(gait, robot, load_scenario("field"), pace=PACE)


def ours(setting: str, steps: int, seed: int) -> dict[str, float]:
    chosen = SETTINGS[setting]
    sizes = {"observation_size": environment().observation_size, "actions": environment().actions, "sigma": SIGMA}
    policy = make_policy("gaussian-mlp", {**sizes, "normalize": False, "rng": generator(seed, Stream.LEARNING)})
    options = {"steps": chosen["steps"], "minibatch": chosen["minibatch"], "scale_rewards": False}
    algorithm = make_algorithm("ppo", policy, generator(seed, Stream.OPTIMIZER), options)
    factory = SamplerFactory(environment, policy.kind, policy.options(), seed)
    with SamplerPool(factory, chosen["environments"], default_count()) as pool:
        training = Training(algorithm, pool, Stopping(steps=steps, window=WINDOW))
        training.iterate()  # processes are started, tables made
        first, begun = training.progress.steps, time.perf_counter()
        training.run()
        return {
            "steps_per_s": (training.progress.steps - first) / (time.perf_counter() - begun),
            "final_return": training.mean_return,
        }


def theirs(setting: str, steps: int, seed: int) -> dict[str, float]:
    import gymnasium
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.monitor import Monitor
    from stable_baselines3.common.vec_env import SubprocVecEnv

    class Clock(BaseCallback):
        """Times all but the first update."""

        def __init__(self) -> None:
            super().__init__()
            self.rollouts, self.begun, self.first = 0, 0.0, 0

        def _on_rollout_start(self) -> None:
            self.rollouts += 1
            if self.rollouts == 2:
                self.begun, self.first = time.perf_counter(), self.num_timesteps

        def _on_step(self) -> bool:
            return True

    def make() -> gymnasium.Env:
        import gaitopt.gym  # noqa: F401, registers the ids

        return Monitor(gymnasium.make("gaitopt/Traversal-v0", gait="hand-tuned", pace=PACE))

    chosen = SETTINGS[setting]
    many = SubprocVecEnv([make] * chosen["environments"], start_method="spawn")
    try:
        per_environment = chosen["steps"] // chosen["environments"]
        batch = chosen["minibatch"]
        model = PPO("MlpPolicy", many, n_steps=per_environment, batch_size=batch, seed=seed, device="cpu")
        clock = Clock()
        model.learn(steps, callback=clock)
        speed = (model.num_timesteps - clock.first) / (time.perf_counter() - clock.begun)
        returns = [episode["r"] for episode in model.ep_info_buffer][-WINDOW:]
        return {"steps_per_s": speed, "final_return": float(np.mean(returns))}
    finally:
        many.close()


def step_cost(turns: int = 50, steps: int = 8) -> dict[str, float]:
    """Return what an environment step of training costs, policy included, and the bare physics in it [s].

    As many environments stand side by side as one core has of eight. Steps and bare physics take turns; those in which
    an episode begins or ends are left out.
    """
    walks = [environment() for _ in range(8 // default_count() or 1)]
    sizes = {"observation_size": walks[0].observation_size, "actions": walks[0].actions, "sigma": 0.2}
    policy = make_policy("gaussian-mlp", sizes)
    samplers = {number: Sampler(walk, 1, number) for number, walk in enumerate(walks)}
    request = Request(policy.state(), steps=steps * len(samplers))
    jobs = share_out([request], len(samplers))
    bodies, count = [walk._body for walk in walks], round(walks[0].step_s / walks[0]._body.engine.time_step_s)
    whole, bare = [], []
    while len(whole) < turns:
        begun = time.perf_counter()
        batches = collect(jobs, [request], samplers, policy)
        middle = time.perf_counter()
        for body in bodies * steps:
            body._step(count, walks[0].step_s)  # the servos hold their last targets
        if all(batch.times[0] > 0 for batch in batches) and not any(batch.episode_lengths.size for batch in batches):
            bare.append((time.perf_counter() - middle) / request.steps)
            whole.append((middle - begun) / request.steps)
    for walk in walks:
        walk.close()
    return {
        "step_s": float(np.median(whole)),
        "physics_s": float(np.median(bare)),
        "ratio": float(np.median(whole) / np.median(bare)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20_480, help="environment steps of every training")
    parser.add_argument("--seeds", type=int, default=5, help="number of random seeds for the comparison of returns")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    try:
        import stable_baselines3  # noqa: F401
    except ImportError:
        sys.exit("bench_ppo: stable-baselines3 is not installed; make baselines")
    result: dict = {"step": step_cost()}
    runs = {
        setting: [(ours(setting, args.steps, seed), theirs(setting, args.steps, seed)) for seed in range(seeds)]
        for setting, seeds in (("default", args.seeds), ("fastest", 1))
    }
    for setting, pairs in runs.items():
        own, other = ([pair[i]["steps_per_s"] for pair in pairs] for i in (0, 1))
        ratios = np.array(own) / np.array(other)
        result[setting] = {
            "steps_per_s": own,
            "stable_baselines3_steps_per_s": other,
            "ratio_median": float(np.median(ratios)),
        }
    own, other = (np.array([pair[i]["final_return"] for pair in runs["default"]]) for i in (0, 1))
    result["final_return"] = {
        "mean": own.mean(),
        "stable_baselines3_mean": other.mean(),
        "difference_ci95": confidence_interval(own - other),
    }
    print(json.dumps(result, default=float, indent=None if args.json else 2))


if __name__ == "__main__":
    main()
