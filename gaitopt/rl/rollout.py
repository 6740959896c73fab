"""Rollouts: a policy acts in environments, and the steps are recorded in batches.

Each environment has a sampler with its own random streams, which follow from its index. So the steps it records
depend on the run's seed, its index and the policies it was given, and not on the process it runs in: a pool of
workers that does the same jobs returns the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError
from gaitopt.rl.arrays import State, entry, part, prefixed
from gaitopt.rl.batch import Batch, concatenate
from gaitopt.rl.environment import Environment
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.request import Job, Request, share_out
from gaitopt.rl.sampler import Sampler


def collect(
    jobs: Sequence[Job], requests: Sequence[Request], samplers: Mapping[int, Sampler], policy: Policy
) -> list[Batch]:
    """Return one batch for each job; the policy is left in the state of the last request.

    The samplers of a request take their steps side by side, so that the cheap parts of these steps follow one another:
    after an expensive part their code has left the processor's cache, and would take twice as long each time.

    Args:
        jobs: in the order of their requests.
        requests: the requests that the jobs are parts of.
        samplers: by index.
        policy: acts in the state of each request.

    Raises:
        InputError: an environment returned a value that is not finite.
    """
    batches: list[Batch] = []
    for number, mine in groupby(jobs, attrgetter("request")):
        request, group = requests[number], list(mine)
        policy.restore(request.policy)
        chosen = [samplers[job.sampler] for job in group]
        for sampler, job in zip(chosen, group, strict=True):
            sampler.begin(request, job.amount)
        while active := [sampler for sampler in chosen if sampler.remaining > 0]:
            for sampler in active:
                sampler.begin_step(policy)
            for sampler in active:
                sampler.compute_step()
            for sampler in active:
                sampler.end_step()
        batches += [sampler.finish(policy) for sampler in chosen]
    return batches


class Collector:
    """Collects the experience of requests in this process."""

    def __init__(self, environments: Sequence[Environment], policy: Policy, run_seed: int) -> None:
        """Make a sampler for each environment.

        Args:
            environments: one for each sampler; their number is a setting of the run.
            policy: acts in the state of each request, and is left as it was found.
            run_seed: the run's seed.

        Raises:
            InputError: the size of the observations is not the policy's.
        """
        for environment in environments:
            check_observations(environment, policy)
        self._policy = policy
        self._samplers = {number: Sampler(e, run_seed, number) for number, e in enumerate(environments)}

    def collect(self, requests: Sequence[Request]) -> list[Batch]:
        """Return one batch for each request."""
        before = self._policy.state()
        jobs = share_out(requests, len(self._samplers))
        try:
            return joined(jobs, collect(jobs, requests, self._samplers, self._policy))
        finally:
            self._policy.restore(before)

    def state(self) -> State:
        """Return the state of all samplers."""
        return merged_state(len(self._samplers), {i: sampler.state() for i, sampler in self._samplers.items()})

    def restore(self, state: Mapping[str, Array]) -> None:
        """Continue from a state; see `state`.

        Raises:
            InputError: the state is of another number of samplers, or of something else.
        """
        states = separate_states(len(self._samplers), state)
        for number, sampler in self._samplers.items():
            sampler.restore(states[number])


def check_observations(environment: Environment, policy: Policy) -> None:
    """Check that a policy takes what an environment observes.

    Raises:
        InputError: the sizes differ.
    """
    if environment.observation_size != policy.observation_size:
        raise InputError(
            f"policy: takes observations of {policy.observation_size} numbers, the environment gives "
            f"{environment.observation_size}; make the policy for this environment"
        )


def merged_state(count: int, states: Mapping[int, State]) -> State:
    """Return one state for `count` samplers; those that have not begun may be left out."""
    merged: State = {"lanes": np.array(count)}  # the names that stored states have
    for number, state in sorted(states.items()):
        merged.update(prefixed(f"lane{number}", state))
    return merged


def separate_states(count: int, merged: Mapping[str, Array]) -> dict[int, State]:
    """Return the state of each sampler, empty if it had not begun; the inverse of `merged_state`.

    Raises:
        InputError: the state is not of this number of samplers.
    """
    stored = int(entry(merged, "lanes", ()))
    if stored != count:
        raise InputError(f"state: is of {stored} environments, expected {count}; resume with as many")
    return {number: part(f"lane{number}", merged) for number in range(count)}


def joined(jobs: Sequence[Job], batches: Sequence[Batch]) -> list[Batch]:
    """Return one batch for each request from the batches of all jobs, which are in the order of their requests."""
    pairs = groupby(zip(jobs, batches, strict=True), lambda pair: pair[0].request)
    return [concatenate([batch for _, batch in group]) for _, group in pairs]
