"""A sampler: one environment among several, with its own random streams, and the record of its steps."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.rl.arrays import State, entry, generator_state, restore_generator
from gaitopt.rl.batch import Batch
from gaitopt.rl.environment import Environment, SplitEnvironment
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.request import Request
from gaitopt.seeding import Stream, traversal_seed


class Sampler:
    """Takes steps in one environment and records them."""

    def __init__(self, environment: Environment, run_seed: int, number: int) -> None:
        self._environment = environment
        self._split = environment if isinstance(environment, SplitEnvironment) else None
        self._number = number
        # The random streams of the actions, and of the environment.
        self._rng = np.random.default_rng(traversal_seed(run_seed, Stream.LEARNING, number, 0))
        self._chance = np.random.default_rng(traversal_seed(run_seed, Stream.LEARNING, number, 1))
        self._at_reset = self._chance.bit_generator.state  # its state when the episode began
        self._episodes = 0  # number of episodes begun
        self._observation: Array | None = None  # None: the next step starts an episode
        self._actions: list[Array] = []  # of the episode so far
        self._return = 0.0
        self._request: Request
        self._steps: list[tuple[Array, Any, float, bool, bool, int]] = []  # since `begin`; see `finish`
        self._ended: list[tuple[Array, float, int]] = []  # episodes: final observation, return, length
        self._before: Array
        self._action: Any
        self.remaining = 0
        """Steps or episodes of the request still to be taken."""

    def begin(self, request: Request, amount: int) -> None:
        """Prepare for this number of steps or whole episodes of a request."""
        if request.steps is None:
            self._observation = None  # whole episodes start with a reset
        self._request, self.remaining = request, amount
        self._steps, self._ended = [], []

    def begin_step(self, policy: Policy) -> None:
        """Choose an action."""
        self._before = self._begin() if self._observation is None else self._observation
        row = self._before[None]
        self._action = policy.draw(row, self._rng)[0] if self._request.explore else policy.mode(row)[0]
        if self._split is not None:
            self._split.begin_step(self._action)

    def compute_step(self) -> None:
        """Let the environment compute the expensive part of a step."""
        if self._split is not None:
            self._split.compute_step()

    def end_step(self) -> None:
        """Complete the step and record it.

        Raises:
            InputError: the environment returned a value that is not finite.
        """
        outcome = self._environment.step(self._action) if self._split is None else self._split.end_step()
        following, reward, terminated, truncated = outcome
        time = len(self._actions)
        if not math.isfinite(reward) or not math.isfinite(following.dot(following)):
            raise self._not_finite(following, reward, time)
        self._steps.append((self._before, self._action, reward, terminated, truncated and not terminated, time))
        self._actions.append(self._action)
        self._return += reward
        self._observation = following
        done = terminated or truncated
        if done:
            self._ended.append((following, self._return, time + 1))
            self._observation = None
        self.remaining -= done or self._request.steps is not None

    def finish(self, policy: Policy) -> Batch:
        """Return the steps recorded since `begin`."""
        columns = [np.array(column) for column in zip(*self._steps, strict=True)]
        observations, actions, rewards, terminated, truncated, times = columns
        terminated, truncated = terminated.astype(bool), truncated.astype(bool)
        ends = terminated | truncated
        finals = [final for final, _, _ in self._ended]
        if not ends[-1] and self._observation is not None:  # the episode is not over
            ends[-1] = True
            finals.append(self._observation)
        return Batch(
            observations=observations,
            actions=actions,
            log_probs=policy.log_prob(observations, actions).astype(np.float64),
            rewards=rewards.astype(np.float64),
            terminated=terminated,
            truncated=truncated,
            ends=ends,
            times=times,
            final_observations=np.array(finals),
            samplers=np.full(len(finals), self._number),
            episode_returns=np.array([total for _, total, _ in self._ended], dtype=np.float64),
            episode_lengths=np.array([length for _, _, length in self._ended], dtype=np.int64),
        )

    def close(self) -> None:
        """Close the environment, if it can be closed."""
        if (close := getattr(self._environment, "close", None)) is not None:
            close()

    def _begin(self) -> Array:
        self._at_reset = self._chance.bit_generator.state
        observation = self._environment.reset(self._chance)
        self._episodes += 1
        self._actions.clear()
        self._return = 0.0
        return observation

    def _not_finite(self, observation: Array, reward: float, time: int) -> InputError:
        what = f"reward {reward}" if not math.isfinite(reward) else f"observation {observation.tolist()}"
        self._observation = None
        return InputError(
            f"environment {self._number}, episode {self._episodes - 1}, step {time}: got {what}, "
            "expected finite numbers; fix the environment"
        )

    def state(self) -> State:
        """Return its random streams, and the actions since the episode began."""
        begun = self._observation is not None
        now = self._chance.bit_generator.state
        return {
            "rng": generator_state(self._rng),
            "chance": np.array(json.dumps(self._at_reset if begun else now)),
            "episodes": np.array(self._episodes),
            "running": np.array(begun),
            "actions": np.array(self._actions if begun else []),
        }

    def restore(self, state: Mapping[str, Array]) -> None:
        """Continue from a state by repeating the actions since the episode began; see `state`.

        Raises:
            InputError: the state is not of a sampler.
        """
        actions = np.asarray(state["actions"]) if "actions" in state else entry(state, "actions", (None,))
        restore_generator(self._rng, entry(state, "rng", (), text=True))
        restore_generator(self._chance, entry(state, "chance", (), text=True))
        self._episodes = int(entry(state, "episodes", ()))
        self._observation = None
        if not entry(state, "running", ()):
            return
        self._episodes -= 1
        self._observation = self._begin()
        for action in actions:
            self._observation, reward, _, _ = self._environment.step(action)
            self._actions.append(action)
            self._return += reward
