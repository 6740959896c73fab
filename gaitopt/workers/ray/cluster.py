"""Tasks on the machines of a Ray cluster: as many actors as it has CPUs, fed by one thread of this process.

A Ray of its own is started on this machine, unless `RAY_ADDRESS` names a cluster or the program has joined one already.
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

LOOK_S = 1.0
"""Time between two looks at how many CPUs the cluster has [s]."""

PATIENCE_S = 60.0
"""How long tasks wait for an actor while the cluster has none [s]."""

HEAD_PATIENCE_S = 20.0
"""How long the cluster's head may not answer [s]; after a minute Ray ends this process."""

END_S = 5.0
"""How long the thread may take to end [s]."""


@dataclass(eq=False)
class Job:
    """One task on its way."""

    index: int
    """Its place among the tasks of its run."""
    task: bytes
    """Pickled."""
    ended: queue.SimpleQueue[tuple[Job, bytes | Exception]]
    """Where it is put when it has ended, with its outcome (see `unpacked`); with `WorkerDied` if there is none."""
    dropped: bool = False
    """Whether nobody waits for it any more."""


@dataclass(eq=False)
class _Actor:
    handle: Any
    ready: bool = False
    jobs: deque[Job] = field(default_factory=deque)
    """Given to it; it works on the first."""


class TaskActor:
    """The inside of an actor: holds the function that does tasks.

    Args:
        factory: Pickled; builds the function.
    """

    def __init__(self, factory: bytes):
        self._function = functools.cache(functools.partial(_build, factory))

    def ready(self) -> None:
        """Answer, which tells that the actor lives."""

    def do(self, task: bytes) -> bytes:
        """Do a pickled task and return its outcome, for `unpacked`."""
        return outcome(self._function, task)


class RayCluster:
    """Actors that do jobs, as many as the cluster has CPUs; nodes may come and go.

    What is submitted by any thread is handed out by one of its own, to which all state belongs.

    Args:
        factory: Pickled; builds the function that does tasks, once in each actor.

    Raises:
        InputError: Ray is not installed, or the cluster cannot be reached.
    """

    def __init__(self, factory: bytes):
        self._ray = import_ray()
        self._owned = join_cluster()
        self._head: str = self._ray.get_runtime_context().gcs_address
        self.size = max(self._cpus(), 1)
        """CPUs of the cluster when last looked at; at least 1."""
        self._factory = factory
        self._make = self._ray.remote(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD")(TaskActor)
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._waiting: deque[Job] = deque()
        self._actors: list[_Actor] = []
        self._looked = float("-inf")
        self._alive = self._heard = time.monotonic()
        self._error: GaitoptError | None = None
        self._closed = False
        self._lock = threading.Lock()  # nothing is submitted after closing
        self._thread = threading.Thread(target=self._work, name="ray-cluster", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Have a job done; what comes of it is put into `job.ended`."""
        with self._lock:
            if self._closed:
                job.ended.put((job, _closed()))
            else:
                self._inbox.put(functools.partial(self._take, job))

    def check(self) -> None:
        """Check that the cluster still does jobs.

        Raises:
            GaitoptError: Why not.
        """
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Stop all actors, and Ray if it was started or joined here; harmless when repeated."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._inbox.put(functools.partial(self._give_up, _closed()))
        self._thread.join(END_S)
        if self._thread.is_alive():  # it waits for a cluster that is lost
            self._give_up(_closed())
        for actor in self._actors:
            self._kill(actor)
        if self._owned:
            self._ray.shutdown()

    # From here on, everything runs in the thread.

    def _work(self) -> None:
        while not (self._closed and self._inbox.empty()):
            try:
                with suppress(queue.Empty):
                    self._inbox.get(timeout=LOOK_S)()
                if self._error is None:
                    self._tend()
            except GaitoptError as error:
                self._give_up(error)
            except Exception as error:
                self._give_up(WorkerError(f"the Ray cluster is lost: {first_line(error)}; see whether its head lives"))

    def _take(self, job: Job) -> None:
        if self._error is not None:
            job.ended.put((job, self._error))
        else:
            self._waiting.append(job)

    def _tend(self) -> None:
        now = time.monotonic()
        if now - self._looked >= LOOK_S:
            self._looked = now
            self._look(now)
        if not self._waiting or any(actor.ready for actor in self._actors):
            self._alive = now
        elif now - self._alive > PATIENCE_S:
            self._give_up(
                WorkerError(
                    f"the Ray cluster has had no free CPU for {PATIENCE_S:.0f} s, of {self._cpus()} in all; "
                    "start nodes, or wait until others have done"
                )
            )
        self._hand_out()

    def _look(self, now: float) -> None:
        """Have as many actors as there are CPUs; asked while it does not answer, the head would block this thread."""
        try:
            check_reachable(self._head, LOOK_S)
        except InputError as error:
            if now - self._heard > HEAD_PATIENCE_S:
                raise WorkerError(
                    f"the head of the Ray cluster, {self._head}, has not answered for {HEAD_PATIENCE_S:.0f} s; "
                    "take the work up again when it is back"
                ) from error
        else:
            self._heard = now
            self._enlist(self._cpus())

    def _enlist(self, cpus: int) -> None:
        """Have so many actors: nodes join, and those that are lost take the CPUs of their actors along."""
        self.size = max(cpus, 1)
        for _ in range(cpus - len(self._actors)):
            actor = _Actor(self._make.remote(self._factory))
            self._actors.append(actor)
            self._call(actor, actor.handle.ready.remote(), None)
        for actor in [actor for actor in self._actors if not actor.ready][: max(len(self._actors) - cpus, 0)]:
            self._actors.remove(actor)
            self._kill(actor)

    def _hand_out(self) -> None:
        """Give each actor a job; while many wait, one more to lie ready, so that it need not wait for this process."""
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
        def answered(future: Future[Any]) -> None:  # in a thread of Ray's
            self._inbox.put(functools.partial(self._hear, actor, job, future))

        reference.future().add_done_callback(answered)

    def _hear(self, actor: _Actor, job: Job | None, future: Future[Any]) -> None:
        if actor not in self._actors:
            return
        error = future.exception()
        if error is not None:
            self._bury(actor, error)
        elif job is None:
            actor.ready = True
        else:
            actor.jobs.remove(job)
            job.ended.put((job, future.result()))

    def _bury(self, actor: _Actor, error: BaseException) -> None:
        """Go on without an actor: it died, or its node; what waited for it to be free is not to blame."""
        self._actors.remove(actor)
        self._kill(actor)  # it may be only cut off
        if not actor.ready and getattr(error, "actor_init_failed", False):
            self._give_up(
                WorkerError(
                    f"a node cannot work: {str(error).strip().splitlines()[-1]}; install the same gaitopt there"
                )
            )
        if actor.jobs:
            job = actor.jobs.popleft()
            job.ended.put((job, WorkerDied()))
            self._waiting.extendleft(reversed(actor.jobs))
        self._looked = float("-inf")

    def _give_up(self, error: GaitoptError) -> None:
        """Have no job done any more."""
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
            f"{socket.gethostname()}: does not understand what it is to do ({error!r}); install the same gaitopt there"
        ) from error
    function, limited = make(), one_thread()

    def on_one_thread(task: Any) -> Any:
        with limited():
            return function(task)

    return on_one_thread
