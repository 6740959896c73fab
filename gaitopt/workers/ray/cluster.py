"""Tasks on a Ray cluster: as many actors as it has CPUs, controlled by one thread of this process.

A local Ray is started on this machine unless `RAY_ADDRESS` names a cluster or the program has already joined one.
See Moritz et al., *Ray: A Distributed Framework for Emerging AI Applications* (OSDI 2018), and docs.ray.io.
"""

from __future__ import annotations

import functools
import pickle
import queue
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from gaitopt.errors import GaitoptError, InputError, ProtocolError, WorkerError
from gaitopt.threads import one_thread
from gaitopt.workers.ray.connection import check_reachable, first_line, import_ray, join_cluster
from gaitopt.workers.worker_main import outcome
from gaitopt.workers.worker_process import WorkerDied

CHECK_S = 1.0
"""Interval between checks of the number of CPUs [s]."""

PATIENCE_S = 60.0
"""Time that tasks wait while the cluster has no actor [s]."""

HEAD_PATIENCE_S = 20.0
"""Time that the head of the cluster may not answer [s]; after a minute Ray ends this process."""

END_S = 5.0
"""Time that the thread may take to end [s]."""


@dataclass(eq=False)
class Job:
    """One task that was submitted."""

    index: int
    """Index among the tasks of its run."""
    task: bytes
    """The pickled task."""
    ended: queue.SimpleQueue[tuple[Job, bytes | Exception]]
    """Queue for the ended job and its outcome (see `unpacked`), or `WorkerDied` if there is none."""
    dropped: bool = False
    """Whether its outcome is no longer needed."""


@dataclass(eq=False)
class _Actor:
    handle: Any
    ready: bool = False
    jobs: deque[Job] = field(default_factory=deque)
    """Jobs sent to it; it works on the first."""


class TaskActor:
    """Class of the actors: holds the function that does tasks.

    Args:
        factory: Pickled builder of the function.
    """

    def __init__(self, factory: bytes):
        self._function = functools.cache(functools.partial(_build, factory))

    def ready(self) -> None:
        """Return, which shows that the actor is alive."""

    def do(self, task: bytes) -> bytes:
        """Do a pickled task and return its outcome; see `unpacked`."""
        return outcome(self._function, task)


class RayCluster:
    """Actors that do jobs, as many as the cluster has CPUs; nodes may come and go.

    Any thread may submit jobs; a thread of the cluster distributes them and owns all state.

    Args:
        factory: Pickled builder of the function that does tasks, called once in each actor.

    Raises:
        InputError: Ray is not installed, or the cluster cannot be reached.
    """

    def __init__(self, factory: bytes):
        self._ray = import_ray()
        self._owned = join_cluster()
        self._head: str = self._ray.get_runtime_context().gcs_address
        self.size = max(self._cpus(), 1)
        """CPUs of the cluster at the last check, at least 1."""
        self._factory = factory
        self._make = self._ray.remote(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD")(TaskActor)
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._waiting: deque[Job] = deque()
        self._actors: list[_Actor] = []
        self._last_check = float("-inf")
        self._last_ready = self._last_answer = time.monotonic()
        self._error: GaitoptError | None = None
        self._closed = False
        self._lock = threading.Lock()  # no job is submitted after closing
        self._thread = threading.Thread(target=self._loop, name="ray-cluster", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Submit a job; its outcome is put into `job.ended`."""
        with self._lock:
            if self._closed:
                job.ended.put((job, _closed()))
            else:
                self._inbox.put(functools.partial(self._take, job))

    def check(self) -> None:
        """Check that the cluster still works.

        Raises:
            GaitoptError: It does not; says why.
        """
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Stop all actors, and Ray if it was started or joined here; closing again has no effect."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._inbox.put(functools.partial(self._give_up, _closed()))
        self._thread.join(END_S)
        if self._thread.is_alive():  # it waits for a lost cluster
            self._give_up(_closed())
        for actor in self._actors:
            self._kill(actor)
        if self._owned:
            self._ray.shutdown()

    # All methods below run in the thread.

    def _loop(self) -> None:
        while not (self._closed and self._inbox.empty()):
            try:
                with suppress(queue.Empty):
                    self._inbox.get(timeout=CHECK_S)()
                if self._error is None:
                    self._manage()
            except GaitoptError as error:
                self._give_up(error)
            except Exception as error:
                lost = f"the Ray cluster is lost: {first_line(error)}; check that its head is running"
                self._give_up(WorkerError(lost))

    def _take(self, job: Job) -> None:
        if self._error is not None:
            job.ended.put((job, self._error))
        else:
            self._waiting.append(job)

    def _manage(self) -> None:
        now = time.monotonic()
        if now - self._last_check >= CHECK_S:
            self._last_check = now
            self._check_size(now)
        if not self._waiting or any(actor.ready for actor in self._actors):
            self._last_ready = now
        elif now - self._last_ready > PATIENCE_S:
            raise WorkerError(
                f"the Ray cluster has had no free CPU for {PATIENCE_S:.0f} s, of {self._cpus()} in all; "
                "start nodes, or wait until other programs have finished"
            )
        self._hand_out()

    def _check_size(self, now: float) -> None:
        """Keep as many actors as CPUs, if the head answers: a request to one that does not would block this thread."""
        try:
            check_reachable(self._head, CHECK_S)
        except InputError as error:
            if now - self._last_answer > HEAD_PATIENCE_S:
                raise WorkerError(
                    f"the head of the Ray cluster, {self._head}, has not answered for {HEAD_PATIENCE_S:.0f} s; "
                    "resume when it is back"
                ) from error
        else:
            self._last_answer = now
            self._resize(self._cpus())

    def _resize(self, cpus: int) -> None:
        """Start or stop actors up to the number of CPUs; lost nodes take the CPUs of their actors along."""
        self.size = max(cpus, 1)
        for _ in range(cpus - len(self._actors)):
            actor = _Actor(self._make.remote(self._factory))
            self._actors.append(actor)
            self._call(actor, actor.handle.ready.remote(), None)
        for actor in [actor for actor in self._actors if not actor.ready][: max(len(self._actors) - cpus, 0)]:
            self._actors.remove(actor)
            self._kill(actor)

    def _hand_out(self) -> None:
        """Send each actor a job; while many wait, one more, so that the actor need not wait for this process."""
        for depth in (1, 2):
            for actor in self._actors:
                while actor.ready and len(actor.jobs) < depth and (job := self._next(depth)) is not None:
                    actor.jobs.append(job)
                    self._call(actor, actor.handle.do.remote(job.task), job)

    def _next(self, depth: int) -> Job | None:
        while len(self._waiting) > (len(self._actors) if depth > 1 else 0):
            job = self._waiting.popleft()
            if not job.dropped:
                return job
        return None

    def _call(self, actor: _Actor, reference: Any, job: Job | None) -> None:
        def answered(future: Future[Any]) -> None:  # in a thread of Ray
            self._inbox.put(functools.partial(self._receive, actor, job, future))

        reference.future().add_done_callback(answered)

    def _receive(self, actor: _Actor, job: Job | None, future: Future[Any]) -> None:
        if actor not in self._actors:
            return
        error = future.exception()
        if error is not None:
            self._remove(actor, error)
        elif job is None:
            actor.ready = True
        else:
            actor.jobs.remove(job)
            job.ended.put((job, future.result()))

    def _remove(self, actor: _Actor, error: BaseException) -> None:
        """Remove an actor that died, alone or with its node; of its jobs only the first may have killed it."""
        self._actors.remove(actor)
        self._kill(actor)  # it may be alive but unreachable
        if not actor.ready and getattr(error, "actor_init_failed", False):
            raise WorkerError(
                f"a node cannot run tasks: {str(error).strip().splitlines()[-1]}; install the same gaitopt there"
            )
        if actor.jobs:
            job = actor.jobs.popleft()
            job.ended.put((job, WorkerDied()))
            self._waiting.extendleft(reversed(actor.jobs))
        self._last_check = float("-inf")

    def _give_up(self, error: GaitoptError) -> None:
        """End all jobs with an error, now and later."""
        self._error = self._error or error
        for job in [*self._waiting, *(job for actor in self._actors for job in actor.jobs)]:
            job.ended.put((job, self._error))
        self._waiting.clear()
        for actor in self._actors:
            actor.jobs.clear()

    def _kill(self, actor: _Actor) -> None:
        with suppress(Exception):  # the cluster may be gone
            self._ray.kill(actor.handle)

    def _cpus(self) -> int:
        return int(self._ray.cluster_resources().get("CPU", 0))


def _closed() -> ProtocolError:
    return ProtocolError("these workers are closed; make new ones")


def _build(factory: bytes) -> Callable[[Any], Any]:
    """Return the function that does tasks, with numeric libraries on one thread."""
    try:
        make = pickle.loads(factory)
    except Exception as error:
        raise WorkerError(
            f"{socket.gethostname()}: cannot unpickle its tasks ({error!r}); install the same gaitopt there"
        ) from error
    function, limited = make(), one_thread()

    def on_one_thread(task: Any) -> Any:
        with limited():
            return function(task)

    return on_one_thread
