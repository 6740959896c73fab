"""Rollouts of learning in worker processes: each keeps some lanes, and the policy's arrays come to them.

Lane `i` lives in process `i modulo workers`, and what it lives through does not depend on that. A process that is
killed is replaced: its lanes go on from where they stood, which the parent knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import InputError, WorkerError
from gaitopt.rl.arrays import State, entry, part, prefixed, quiet_numbers
from gaitopt.rl.batch import Batch
from gaitopt.rl.environment import Environment
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.policies.files import make_policy
from gaitopt.rl.request import Job, Request, share_out
from gaitopt.rl.rollout import collect, joined
from gaitopt.rl.sampler import Lane
from gaitopt.workers.catalog import check_count
from gaitopt.workers.worker_main import opened
from gaitopt.workers.worker_process import WorkerDied, WorkerProcess, spawning

DEATHS_TO_BLAME = 3
"""How often the same jobs must kill their process to be blamed."""


class LaneTask(NamedTuple):
    """What a process is asked for."""

    requests: Sequence[Request]
    jobs: Sequence[Job]
    """Of its own lanes."""
    states: Mapping[int, State]
    """Where lanes are to go on from, by number; empty once they live."""


class LaneResult(NamedTuple):
    """What it answers."""

    batches: list[Batch]
    """One for each job."""
    states: dict[int, State]
    """Where its lanes stand."""


@dataclass(frozen=True)
class LaneFactory:
    """What a process needs to make its lanes; sent to it once."""

    make_environment: Callable[[], Environment]
    policy_kind: str
    policy_options: Mapping[str, Any]
    run_seed: int

    def __call__(self) -> LaneHost:
        """Return the function that carries out tasks."""
        return LaneHost(self.make_environment, make_policy(self.policy_kind, self.policy_options), self.run_seed)


@dataclass
class LaneHost:
    """Some lanes in one process."""

    make_environment: Callable[[], Environment]
    policy: Policy
    run_seed: int
    lanes: dict[int, Lane] = field(default_factory=dict)

    def __call__(self, task: LaneTask) -> LaneResult:
        """Carry out jobs."""
        for number, state in task.states.items():
            self._lane(number).restore(state)
        for job in task.jobs:
            self._lane(job.lane)
        with quiet_numbers():
            batches = collect(task.jobs, task.requests, self.lanes, self.policy)
        return LaneResult(batches, {number: lane.state() for number, lane in self.lanes.items()})

    def close(self) -> None:
        """Let go of the environments; those asked for again are made anew."""
        for lane in self.lanes.values():
            lane.let_go()
        self.lanes.clear()

    def _lane(self, number: int) -> Lane:
        if number not in self.lanes:
            environment = self.make_environment()
            if environment.observation_size != self.policy.observation_size:
                raise InputError(
                    f"policy: takes observations of {self.policy.observation_size} numbers, the environment gives "
                    f"{environment.observation_size}; make the policy for this environment"
                )
            self.lanes[number] = Lane(environment, self.run_seed, number)
        return self.lanes[number]


class LanePool:
    """Carries out requests in one process or more; a context manager."""

    def __init__(self, factory: LaneFactory, lanes: int, workers: int) -> None:
        """Make the pool; processes start at the first request.

        Args:
            factory: makes the lanes of a process.
            lanes: how many environments; what is learned depends on it.
            workers: how many processes; with one, everything happens here. What is learned does not depend on it.

        Raises:
            InputError: a number is less than 1.
        """
        check_count(workers)
        if lanes < 1:
            raise InputError(f"environments: got {lanes}, expected 1 or more")
        self._factory, self._lanes = factory, lanes
        self._count = min(workers, lanes)
        self._here = factory() if self._count == 1 else None
        self._processes: list[WorkerProcess | None] = [None] * self._count
        self._states: dict[int, State] = {}
        self._stale = set(range(self._count))  # processes whose lanes must be told where to go on from

    def collect(self, requests: Sequence[Request]) -> list[Batch]:
        """Return one batch for each request.

        Raises:
            InputError: an environment gave something that is not a number.
            WorkerError: the jobs of a process killed it again and again.
        """
        jobs = share_out(requests, self._lanes)
        return joined(jobs, self._carry_out(requests, jobs))

    def state(self) -> State:
        """Return where every lane stands."""
        merged: State = {"lanes": np.array(self._lanes)}
        for number, state in sorted(self._states.items()):
            merged.update(prefixed(f"lane{number}", state))
        return merged

    def restore(self, state: Mapping[str, Array]) -> None:
        """Go on from a state; see `state`.

        Raises:
            InputError: the state is of another number of lanes, or of something else.
        """
        lanes = int(entry(state, "lanes", ()))
        if lanes != self._lanes:
            raise InputError(f"state: is of {lanes} environments, expected {self._lanes}; resume with as many")
        stood = {number: part(f"lane{number}", state) for number in range(lanes)}
        self._states = {number: state for number, state in stood.items() if state}  # others have not begun
        self._stale = set(range(self._count))

    def close(self) -> None:
        """End the processes and let go of the environments."""
        if self._here is not None:
            self._here.close()
        for process in filter(None, self._processes):
            process.kill()
        for process in filter(None, self._processes):
            process.join()
        self._processes = [None] * self._count
        self._stale = set(range(self._count))

    def __enter__(self) -> LanePool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _carry_out(self, requests: Sequence[Request], jobs: Sequence[Job]) -> list[Batch]:
        places = [[i for i, job in enumerate(jobs) if job.lane % self._count == w] for w in range(self._count)]
        tasks = {w: self._task(w, requests, [jobs[i] for i in mine]) for w, mine in enumerate(places) if mine}
        results = self._done_here(tasks) if self._here is not None else self._done_elsewhere(tasks)
        batches: dict[int, Batch] = {}
        for worker, result in results.items():
            self._stale.discard(worker)
            self._states.update(result.states)
            batches.update(zip(places[worker], result.batches, strict=True))
        return [batches[i] for i in range(len(jobs))]

    def _task(self, worker: int, requests: Sequence[Request], jobs: Sequence[Job], anew: bool = False) -> LaneTask:
        mine = {number: state for number, state in self._states.items() if number % self._count == worker}
        return LaneTask(requests, jobs, mine if anew or worker in self._stale else {})

    def _done_here(self, tasks: Mapping[int, LaneTask]) -> dict[int, LaneResult]:
        assert self._here is not None
        return {worker: self._here(task) for worker, task in tasks.items()}

    def _done_elsewhere(self, tasks: Mapping[int, LaneTask]) -> dict[int, LaneResult]:
        results: dict[int, LaneResult] = {}
        try:
            self._start(tasks)
            for worker, task in tasks.items():
                self._process(worker).send(task)
            for worker, task in tasks.items():
                results[worker] = self._outcome(worker, task)
        except BaseException:  # nobody waits for the others, and their lanes are not where they stood
            self.close()
            raise
        return results

    def _outcome(self, worker: int, task: LaneTask) -> LaneResult:
        for _ in range(DEATHS_TO_BLAME):
            try:
                result: LaneResult = opened(self._process(worker).receive())
                return result
            except WorkerDied:
                self._process(worker).join()
                self._processes[worker] = None
                self._start([worker])
                self._process(worker).send(self._task(worker, task.requests, task.jobs, anew=True))
        lanes = sorted({job.lane for job in task.jobs})
        raise WorkerError(
            f"environments {lanes}: their process was killed {DEATHS_TO_BLAME} times; "
            "check that memory is free, then resume"
        )

    def _start(self, workers: Sequence[int] | Mapping[int, Any]) -> None:
        missing = [worker for worker in workers if self._processes[worker] is None]
        if missing:
            with spawning():
                for worker in missing:
                    self._processes[worker] = WorkerProcess(self._factory)

    def _process(self, worker: int) -> WorkerProcess:
        process = self._processes[worker]
        assert process is not None  # see _start
        return process
