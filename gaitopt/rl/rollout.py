"""Rollouts: a policy acts in environments, and what happened is recorded in batches.

Each environment is a lane with its own random streams, named by its number. So what a lane lives through
depends on the run's seed, its number and the policies it was given, and not on the process it runs in: a pool
of workers that carries out the same `Job`s lane by lane gives the same bits.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from gaitopt.errors import InputError
from gaitopt.rl.arrays import Array, State, entry, generator_state, part, prefixed, restore_generator
from gaitopt.rl.batch import Batch, concatenate
from gaitopt.rl.policies.base import Policy
from gaitopt.seeding import Stream, traversal_seed


class Environment(Protocol):
    """What a policy acts in. After `reset`, everything depends on the generator and the actions only."""

    observation_size: int
    """d."""

    def reset(self, rng: np.random.Generator) -> Array:
        """Begin an episode, in which this is the only source of chance; return the first observation (d,)."""
        ...

    def step(self, action: Any) -> tuple[Array, float, bool, bool]:
        """Act; return the observation (d,), the reward, whether it terminated, whether it was truncated."""
        ...


@dataclass(frozen=True)
class Request:
    """What an algorithm wants to be lived through before it learns."""

    policy: State
    """The policy's arrays."""
    steps: int | None = None
    """How many steps, of all lanes together; episodes go on from request to request. Or:"""
    episodes: int | None = None
    """How many whole episodes, of all lanes together."""
    explore: bool = True
    """Whether actions are drawn from the policy; else its most probable ones are taken."""


@dataclass(frozen=True)
class Job:
    """One lane's part of a request."""

    request: int
    """Number of the request."""
    lane: int
    """Number of the lane."""
    amount: int
    """How many steps or episodes."""


def share_out(requests: Sequence[Request], lanes: int) -> list[Job]:
    """Return who does what: steps in equal parts, episodes in turn; it depends on nothing but the numbers."""
    jobs, turn = [], 0
    for number, request in enumerate(requests):
        amount = request.steps if request.steps is not None else request.episodes or 1
        first = 0 if request.steps is not None else turn
        for offset in range(min(lanes, amount)):
            jobs.append(Job(number, (first + offset) % lanes, amount // lanes + (offset < amount % lanes)))
        turn += amount
    return jobs


class Lane:
    """One environment and where it stands."""

    def __init__(self, environment: Environment, run_seed: int, number: int) -> None:
        self._environment = environment
        self._number = number
        self._rng = np.random.default_rng(traversal_seed(run_seed, Stream.LEARNING, number, 0))  # of the actions
        self._chance = np.random.default_rng(traversal_seed(run_seed, Stream.LEARNING, number, 1))  # of the environment
        self._at_reset = self._chance.bit_generator.state  # where that stood when the episode began
        self._episodes = 0  # how many were begun
        self._observation: Array | None = None  # None: the next step begins an episode
        self._actions: list[Array] = []  # of the episode so far
        self._return = 0.0

    def collect(self, policy: Policy, request: Request, amount: int) -> Batch:
        """Live through so many steps or whole episodes.

        Raises:
            InputError: the environment gave something that is not a number.
        """
        if request.steps is None:
            self._observation = None  # whole episodes begin at their beginning
        record = _Record()
        while amount > 0:
            done = self._step(policy, request.explore, record)
            amount -= done or request.steps is not None
        return record.batch(policy, self._number, self._observation)

    def _step(self, policy: Policy, explore: bool, record: _Record) -> bool:
        """Take one step; return whether the episode is over."""
        observation = self._begin() if self._observation is None else self._observation
        row = observation[None]
        action = policy.draw(row, self._rng)[0] if explore else policy.mode(row)[0]
        following, reward, terminated, truncated = self._environment.step(action)
        time = len(self._actions)
        if not math.isfinite(reward) or not math.isfinite(following.dot(following)):
            raise self._not_finite(following, reward, time)
        record.add(observation, action, reward, terminated, truncated, time)
        self._actions.append(action)
        self._return += reward
        self._observation = following
        if terminated or truncated:
            record.end(following, self._return, time + 1)
            self._observation = None
        return terminated or truncated

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
            "expected finite numbers; mend the environment"
        )

    def state(self) -> State:
        """Return where it stands: its random streams, and the actions that led from the episode's beginning here."""
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
        """Go on from a state, by acting again what was done since the episode's beginning; see `state`.

        Raises:
            InputError: the state is not of a lane.
        """
        actions = np.asarray(state["actions"]) if "actions" in state else entry(state, "actions", (None,))
        restore_generator(self._rng, entry(state, "rng", ()))
        restore_generator(self._chance, entry(state, "chance", ()))
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


class Collector:
    """Carries out requests in this process, one environment after the other."""

    def __init__(self, environments: Sequence[Environment], policy: Policy, run_seed: int) -> None:
        """Make a lane of each environment.

        Args:
            environments: the lanes; their number belongs to the run's settings.
            policy: acts with the arrays of each request, and is left as it was found.
            run_seed: the run's seed.

        Raises:
            InputError: the environments observe something else than the policy wants.
        """
        for environment in environments:
            if environment.observation_size != policy.observation_size:
                raise InputError(
                    f"policy: takes observations of {policy.observation_size} numbers, the environment gives "
                    f"{environment.observation_size}; make the policy for this environment"
                )
        self._policy = policy
        self._lanes = [Lane(e, run_seed, number) for number, e in enumerate(environments)]

    def collect(self, requests: Sequence[Request]) -> list[Batch]:
        """Return one batch for each request."""
        parts: list[list[Batch]] = [[] for _ in requests]
        before = self._policy.state()
        try:
            for job in share_out(requests, len(self._lanes)):
                request = requests[job.request]
                self._policy.restore(request.policy)
                parts[job.request].append(self._lanes[job.lane].collect(self._policy, request, job.amount))
        finally:
            self._policy.restore(before)
        return [concatenate(batches) for batches in parts]

    def state(self) -> State:
        """Return where every lane stands."""
        merged: State = {"lanes": np.array(len(self._lanes))}
        for number, lane in enumerate(self._lanes):
            merged.update(prefixed(f"lane{number}", lane.state()))
        return merged

    def restore(self, state: Mapping[str, Array]) -> None:
        """Go on from a state; see `state`.

        Raises:
            InputError: the state is of another number of lanes, or of something else.
        """
        lanes = int(entry(state, "lanes", ()))
        if lanes != len(self._lanes):
            raise InputError(f"state: is of {lanes} environments, expected {len(self._lanes)}; resume with as many")
        for number, lane in enumerate(self._lanes):
            lane.restore(part(f"lane{number}", state))


class _Record:
    """The steps of one lane while they happen."""

    def __init__(self) -> None:
        self._observations: list[Array] = []
        self._actions: list[Any] = []
        self._rewards: list[float] = []
        self._terminated: list[bool] = []
        self._truncated: list[bool] = []
        self._times: list[int] = []
        self._finals: list[Array] = []
        self._returns: list[float] = []
        self._lengths: list[int] = []

    def add(self, observation: Array, action: Any, reward: float, terminated: bool, truncated: bool, time: int) -> None:
        self._observations.append(observation)
        self._actions.append(action)
        self._rewards.append(reward)
        self._terminated.append(terminated)
        self._truncated.append(truncated and not terminated)
        self._times.append(time)

    def end(self, final: Array, total: float, length: int) -> None:
        self._finals.append(final)
        self._returns.append(total)
        self._lengths.append(length)

    def batch(self, policy: Policy, lane: int, pending: Array | None) -> Batch:
        """Return the batch; `pending` is what was observed last, where the episode goes on."""
        observations, actions = np.array(self._observations), np.array(self._actions)
        terminated, truncated = np.array(self._terminated, dtype=bool), np.array(self._truncated, dtype=bool)
        ends = terminated | truncated
        finals = self._finals
        if not ends[-1] and pending is not None:
            ends[-1] = True
            finals = [*finals, pending]
        return Batch(
            observations=observations,
            actions=actions,
            log_probs=policy.log_prob(observations, actions).astype(np.float64),
            rewards=np.array(self._rewards, dtype=np.float64),
            terminated=terminated,
            truncated=truncated,
            ends=ends,
            times=np.array(self._times),
            final_observations=np.array(finals),
            lanes=np.full(len(finals), lane),
            episode_returns=np.array(self._returns, dtype=np.float64),
            episode_lengths=np.array(self._lengths, dtype=np.int64),
        )
