"""Rollouts of a training in worker processes: each keeps some samplers, and is sent the state of the policy.

Sampler `i` is in process `i modulo workers`, and the steps it records do not depend on that. A process that is killed
is replaced: its samplers continue from their last states, which the parent keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gaitopt.arrays import Array
from gaitopt.errors import InputError, WorkerError
from gaitopt.rl.arrays import State, ignoring_float_warnings
from gaitopt.rl.batch import Batch
from gaitopt.rl.environment import Environment
from gaitopt.rl.policies.base import Policy
from gaitopt.rl.policies.files import make_policy
from gaitopt.rl.request import Job, Request, share_out
from gaitopt.rl.rollout import check_observations, collect, joined, merged_state, separate_states
from gaitopt.rl.sampler import Sampler
from gaitopt.workers.catalog import check_count
from gaitopt.workers.worker_main import unpacked
from gaitopt.workers.worker_process import WorkerDied, WorkerProcess, spawning

DEATHS_TO_BLAME = 3
"""The same jobs must kill their process this many times to be blamed."""


class SamplerTask(NamedTuple):
    """Work for one process."""

    requests: Sequence[Request]
    jobs: Sequence[Job]
    """Jobs of its own samplers."""
    states: Mapping[int, State]
    """States from which samplers continue, by index; empty where the process already has them."""


class SamplerResult(NamedTuple):
    """Result of a `SamplerTask`."""

    batches: list[Batch]
    """One batch for each job."""
    states: dict[int, State]
    """States of its samplers afterwards, by index."""


@dataclass(frozen=True)
class SamplerFactory:
    """Makes the samplers of a process; sent to it once."""

    make_environment: Callable[[], Environment]
    policy_kind: str
    policy_options: Mapping[str, Any]
    run_seed: int

    def __call__(self) -> SamplerHost:
        """Return the function that does tasks."""
        return SamplerHost(self.make_environment, make_policy(self.policy_kind, self.policy_options), self.run_seed)


@dataclass
class SamplerHost:
    """The samplers of one process."""

    make_environment: Callable[[], Environment]
    policy: Policy
    run_seed: int
    samplers: dict[int, Sampler] = field(default_factory=dict)

    def __call__(self, task: SamplerTask) -> SamplerResult:
        """Do the jobs of a task."""
        for number, state in task.states.items():
            self._sampler(number).restore(state)
        for job in task.jobs:
            self._sampler(job.sampler)
        with ignoring_float_warnings():
            batches = collect(task.jobs, task.requests, self.samplers, self.policy)
        return SamplerResult(batches, {number: sampler.state() for number, sampler in self.samplers.items()})

    def close(self) -> None:
        """Close the environments; they are made again when needed."""
        for sampler in self.samplers.values():
            sampler.close()
        self.samplers.clear()

    def _sampler(self, number: int) -> Sampler:
        if number not in self.samplers:
            environment = self.make_environment()
            check_observations(environment, self.policy)
            self.samplers[number] = Sampler(environment, self.run_seed, number)
        return self.samplers[number]


class SamplerPool:
    """Collects the experience of requests in one or more processes; a context manager."""

    def __init__(self, factory: SamplerFactory, samplers: int, workers: int) -> None:
        """Make the pool; processes start at the first request.

        Args:
            factory: makes the samplers of a process.
            samplers: number of environments; learning depends on it.
            workers: number of processes; 1 uses this process. Learning does not depend on it.

        Raises:
            InputError: a number is less than 1.
        """
        check_count(workers)
        if samplers < 1:
            raise InputError(f"environments: got {samplers}, expected 1 or more")
        self._factory, self._samplers = factory, samplers
        self._count = min(workers, samplers)
        self._here = factory() if self._count == 1 else None
        self._processes: dict[int, WorkerProcess] = {}
        self._states: dict[int, State] = {}
        self._stale = set(range(self._count))  # processes that must be sent the states of their samplers

    def collect(self, requests: Sequence[Request]) -> list[Batch]:
        """Return one batch for each request.

        Raises:
            InputError: an environment returned a value that is not finite.
            WorkerError: the jobs of a process killed it every time.
        """
        jobs = share_out(requests, self._samplers)
        return joined(jobs, self._batches(requests, jobs))

    def state(self) -> State:
        """Return the state of all samplers."""
        return merged_state(self._samplers, self._states)

    def restore(self, state: Mapping[str, Array]) -> None:
        """Continue from a state; see `state`.

        Raises:
            InputError: the state is of another number of samplers, or of something else.
        """
        states = separate_states(self._samplers, state)
        self._states = {number: state for number, state in states.items() if state}  # the others have not begun
        self._stale = set(range(self._count))

    def close(self) -> None:
        """End the processes and close the environments."""
        if self._here is not None:
            self._here.close()
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.join()
        self._processes.clear()
        self._stale = set(range(self._count))

    def __enter__(self) -> SamplerPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _batches(self, requests: Sequence[Request], jobs: Sequence[Job]) -> list[Batch]:
        places = [[i for i, job in enumerate(jobs) if job.sampler % self._count == w] for w in range(self._count)]
        tasks = {w: self._task(w, requests, [jobs[i] for i in mine]) for w, mine in enumerate(places) if mine}
        if self._here is not None:
            results = {worker: self._here(task) for worker, task in tasks.items()}
        else:
            results = self._results_of_processes(tasks)
        batches: dict[int, Batch] = {}
        for worker, result in results.items():
            self._stale.discard(worker)
            self._states.update(result.states)
            batches.update(zip(places[worker], result.batches, strict=True))
        return [batches[i] for i in range(len(jobs))]

    def _task(self, worker: int, requests: Sequence[Request], jobs: Sequence[Job], lost: bool = False) -> SamplerTask:
        mine = {number: state for number, state in self._states.items() if number % self._count == worker}
        return SamplerTask(requests, jobs, mine if lost or worker in self._stale else {})

    def _results_of_processes(self, tasks: Mapping[int, SamplerTask]) -> dict[int, SamplerResult]:
        results: dict[int, SamplerResult] = {}
        try:
            self._start(tasks)
            for worker, task in tasks.items():
                self._processes[worker].send(task)
            for worker, task in tasks.items():
                results[worker] = self._outcome(worker, task)
        except BaseException:  # the other results are dropped, so the states here are out of date
            self.close()
            raise
        return results

    def _outcome(self, worker: int, task: SamplerTask) -> SamplerResult:
        for _ in range(DEATHS_TO_BLAME):
            try:
                result: SamplerResult = unpacked(self._processes[worker].receive())
                return result
            except WorkerDied:
                self._processes.pop(worker).join()
                self._start([worker])
                self._processes[worker].send(self._task(worker, task.requests, task.jobs, lost=True))
        samplers = sorted({job.sampler for job in task.jobs})
        raise WorkerError(
            f"environments {samplers}: their process was killed {DEATHS_TO_BLAME} times; "
            "check that memory is free, then resume"
        )

    def _start(self, workers: Iterable[int]) -> None:
        if missing := [worker for worker in workers if worker not in self._processes]:
            with spawning():
                for worker in missing:
                    self._processes[worker] = WorkerProcess(self._factory)
