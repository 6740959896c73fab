"""Rollouts: a policy acts in environments, and what happened is recorded in batches.

Each environment is a lane with its own random streams, named by its number. So what a lane lives through
depends on the run's seed, its number and the policies it was given, and not on the process it runs in: a pool
of workers that carries out the same `Job`s lane by lane gives the same bits.
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
from gaitopt.rl.sampler import Lane


def collect(jobs: Sequence[Job], requests: Sequence[Request], lanes: Mapping[int, Lane], policy: Policy) -> list[Batch]:
    """Return one batch for each job; the policy is left with the arrays of the last request.

    The lanes of a request go side by side, so that the light parts of their steps come one after the other: after a
    heavy part their code has left the processor's cache, and would cost twice as much each time.

    Args:
        jobs: in the order of their requests.
        requests: which the jobs are parts of.
        lanes: by number.
        policy: acts with the arrays of each request.

    Raises:
        InputError: an environment gave something that is not a number.
    """
    batches: list[Batch] = []
    for number, mine in groupby(jobs, attrgetter("request")):
        request, group = requests[number], list(mine)
        policy.restore(request.policy)
        chosen = [lanes[job.lane] for job in group]
        for lane, job in zip(chosen, group, strict=True):
            lane.open(request, job.amount)
        while walking := [lane for lane in chosen if lane.wanted > 0]:
            for lane in walking:
                lane.begin_step(policy)
            for lane in walking:
                lane.compute_step()
            for lane in walking:
                lane.end_step()
        batches += [lane.close(policy) for lane in chosen]
    return batches


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
        self._lanes = {number: Lane(e, run_seed, number) for number, e in enumerate(environments)}

    def collect(self, requests: Sequence[Request]) -> list[Batch]:
        """Return one batch for each request."""
        before = self._policy.state()
        jobs = share_out(requests, len(self._lanes))
        try:
            return joined(jobs, collect(jobs, requests, self._lanes, self._policy))
        finally:
            self._policy.restore(before)

    def state(self) -> State:
        """Return where every lane stands."""
        merged: State = {"lanes": np.array(len(self._lanes))}
        for number, lane in self._lanes.items():
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
        for number, lane in self._lanes.items():
            lane.restore(part(f"lane{number}", state))


def joined(jobs: Sequence[Job], batches: Sequence[Batch]) -> list[Batch]:
    """Return one batch for each request, from those of all jobs, which are in the order of their requests."""
    pairs = groupby(zip(jobs, batches, strict=True), lambda pair: pair[0].request)
    return [concatenate([batch for _, batch in group]) for _, group in pairs]
