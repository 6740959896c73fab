"""Worker processes that are killed, interrupted or left behind."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import worker_tasks
from worker_tasks import (
    LONG_S,
    Hangs,
    KillsWorkerAtStart,
    KillsWorkerOnce,
    always_kills_worker,
    environment,
    fails_at_3,
    interrupts_itself,
    kills_worker_at_3,
    process_id,
    raises_unsendable,
    repeats,
    returns_unsendable,
    squares,
)

from gaitopt.errors import BodyError, WorkerError
from gaitopt.workers import retrying as mortal
from gaitopt.workers import worker_process
from gaitopt.workers.process_pool import ProcessPool

HANG_S = 120.0
"""Much longer than any test takes: reaching it means that something hangs."""


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HANG_S
    while not reached():
        assert time.monotonic() < deadline, "hangs"
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def _neither_hangs_nor_leaves_a_process(monkeypatch):
    monkeypatch.setattr(worker_process, "EXIT_S", LONG_S)  # the last resort shall not be needed
    before = set(multiprocessing.active_children())
    start_s = time.monotonic()
    yield
    assert time.monotonic() - start_s < HANG_S
    assert set(multiprocessing.active_children()) <= before


def test_task_that_kills_its_worker_once_is_repeated(tmp_path):
    with ProcessPool(KillsWorkerOnce(tmp_path / "died"), count=2) as workers:
        assert sorted(workers.run(range(12))) == [(n, n**2) for n in range(12)]
    assert (tmp_path / "died").exists()


def test_workers_killed_from_outside_are_replaced():
    with ProcessPool(process_id, count=2) as workers:
        results = workers.run(range(40))
        first = next(results)
        os.kill(first[1], signal.SIGKILL)
        done = [first, *results]
        assert sorted(index for index, _ in done) == list(range(40))
        assert done[-1][1] != first[1]


def test_workers_killed_while_idle_are_replaced():
    with ProcessPool(process_id, count=2) as workers:
        for process in {process for _, process in workers.run(range(10))}:
            os.kill(process, signal.SIGKILL)
        assert sorted(index for index, _ in workers.run(range(10))) == list(range(10))


@pytest.mark.parametrize(("count", "tasks"), [(1, [1, 2, 3]), (2, [3, 1, 2, 4]), (3, [0, 1, 2, 3, 4, 5, 6, 7])])
def test_task_that_always_kills_its_worker_is_named_and_the_others_are_finished(count, tasks):
    results = []
    named = rf"^task {tasks.index(3)} of {len(tasks)}, 3, killed its worker 3 times .*; run it with 1 worker"
    with ProcessPool(kills_worker_at_3, count) as workers:
        with pytest.raises(WorkerError, match=named):
            results.extend(workers.run(tasks))  # extend keeps what came before the error
        assert sorted(workers.run([1, 2])) == [(0, 1), (1, 2)]
    assert sorted(results) == [(index, task) for index, task in enumerate(tasks) if task != 3]


def test_gives_up_soon_where_every_task_kills_its_worker(monkeypatch):
    monkeypatch.setattr(mortal, "DEATHS_TO_BLAME", 1)  # starting workers takes time
    long_text = "many\nlines\n" * 100
    with ProcessPool(always_kills_worker, count=2) as workers, pytest.raises(WorkerError) as caught:
        list(workers.run([long_text] * 1000))
    assert "when run alone (and so did 2 more); run it with 1 worker" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 320


def test_a_long_task_that_a_dead_worker_never_reads_is_not_waited_for():
    long_task = b"longer than any pipe holds" * 100_000
    with ProcessPool(KillsWorkerAtStart(), 2) as workers, pytest.raises(WorkerError, match="task 0 of 1"):
        list(workers.run([long_task]))


def test_a_killed_worker_is_no_reason_to_repeat_what_was_yielded(tmp_path):
    # The consumer is slow, so results lie finished, but not yet yielded, when the worker dies.
    with ProcessPool(KillsWorkerOnce(tmp_path / "died"), count=2) as workers:
        indices = []
        for index, _ in workers.run(range(10)):
            indices.append(index)
            time.sleep(0.05)
    assert sorted(indices) == list(range(10))


def test_an_error_shows_where_in_the_worker_it_was_raised():
    with ProcessPool(fails_at_3, count=2) as workers, pytest.raises(BodyError) as caught:
        list(workers.run([3]))
    assert caught.value.args == ("task 3 fell over",)
    assert 'raise BodyError("task 3 fell over")' in str(caught.value.__cause__)


def test_an_error_that_cannot_be_pickled_is_described():
    with ProcessPool(raises_unsendable, count=2) as workers:
        with pytest.raises(WorkerError, match=r"cannot be pickled: UnsendableError\('torque of joint 3'\)"):
            list(workers.run([0]))
        assert len(list(workers.run([1, 2, 3]))) == 3


@pytest.mark.parametrize(("factory", "task"), [(squares, lambda: 2), (returns_unsendable, 2)])
def test_a_task_or_result_that_cannot_be_sent_is_an_error(factory, task):
    with ProcessPool(factory, count=2) as workers:
        with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
            list(workers.run([task]))
        assert list(workers.run([])) == []


def test_long_results_come_whole():
    with ProcessPool(repeats, count=2) as workers:
        assert all(result == bytes([index]) * 5_000_000 for index, result in workers.run(range(8)))


def test_workers_compute_with_one_thread_and_the_parent_keeps_its_own(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with ProcessPool(environment, count=2) as workers:
        ((_, seen),) = workers.run([0])
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        assert seen[name] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == mask


def test_ctrl_c_while_workers_start_comes_afterwards_and_only_to_the_parent():
    see_mask = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    happened = []
    before = signal.signal(signal.SIGINT, lambda number, frame: happened.append("interrupted"))
    try:
        with worker_process.spawning():
            os.kill(os.getpid(), signal.SIGINT)
            happened.append(subprocess.check_output([sys.executable, "-c", see_mask], text=True))
    finally:
        signal.signal(signal.SIGINT, before)
    assert happened == ["True\n", "interrupted"]


def test_workers_ignore_ctrl_c():
    with ProcessPool(interrupts_itself, count=2) as workers:
        assert list(workers.run([7])) == [(0, 7)]


# From here on tasks sleep for LONG_S: each test would take as long if it waited for them.


def test_close_does_not_wait_for_tasks(tmp_path):
    workers = ProcessPool(Hangs(tmp_path, first=1), count=2)
    results = workers.run(range(50))
    assert next(results) == (0, 0)
    wait_until((tmp_path / "begun-2").exists)
    workers.close()
    assert multiprocessing.active_children() == []


def test_an_error_of_the_caller_does_not_wait_for_tasks(tmp_path):
    def interrupted(result: tuple[int, object]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), ProcessPool(Hangs(tmp_path, first=1), count=2) as workers:
        list(map(interrupted, workers.run(range(50))))


def test_leaving_early_does_not_wait_for_tasks_and_workers_stay_usable(tmp_path):
    with ProcessPool(Hangs(tmp_path, first=1), count=2) as workers:
        results = workers.run(range(50))
        next(results)
        results.close()
        assert list(workers.run([0])) == [(0, 0)]


def start_script(folder: Path) -> subprocess.Popen:
    """Start a process in a group of its own, with a pool whose tasks hang."""
    path = os.pathsep.join([str(Path(worker_tasks.__file__).parent), *sys.path])
    return subprocess.Popen(
        [sys.executable, worker_tasks.__file__, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )


def outputs_at_end(script: subprocess.Popen) -> tuple[str, str]:
    """Return what was printed; workers inherit these pipes, so they end with the last process alive."""
    try:
        return script.communicate(timeout=HANG_S)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(script.pid, signal.SIGKILL)


def both_begun(folder: Path) -> bool:
    return len(list(folder.glob("begun-*"))) == 2


def test_workers_end_with_their_killed_parent(tmp_path):
    script = start_script(tmp_path)
    wait_until(lambda: both_begun(tmp_path))
    script.kill()
    assert outputs_at_end(script)[0] == "starting\n"
    assert script.returncode == -signal.SIGKILL


@pytest.mark.parametrize("moment", ["starting", "working"])
def test_ctrl_c_is_handled_by_the_parent_only(tmp_path, moment):
    script = start_script(tmp_path)
    assert script.stdout.readline() == "starting\n"
    if moment == "working":
        wait_until(lambda: both_begun(tmp_path))
    os.killpg(script.pid, signal.SIGINT)
    assert outputs_at_end(script) == ("interrupted\n", "")
    assert script.returncode == 0


def test_idle_workers_end_on_close():
    with ProcessPool(squares, count=2) as workers:
        list(workers.run(range(10)))
        assert multiprocessing.active_children()
    assert multiprocessing.active_children() == []
