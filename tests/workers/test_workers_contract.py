"""The contract of all workers."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

import pytest
from worker_tasks import Counted, Function, cannot_be_built, fails_at_3, squares

from gaitopt.errors import BodyError, InputError, ProtocolError
from gaitopt.workers import Workers, default_count, make_workers
from gaitopt.workers.base import InProcess
from gaitopt.workers.process_pool import ProcessPool
from gaitopt.workers.ray.workers import RayWorkers

Make = Callable[[Callable[[], Function]], Workers]
KINDS: dict[str, Make] = {"in_process": InProcess, "pool": partial(ProcessPool, count=2), "ray": RayWorkers}


@pytest.fixture(params=list(KINDS))
def make(request) -> Make:
    if request.param == "ray":
        request.getfixturevalue("local_ray")
    return KINDS[request.param]


def test_every_result_comes_exactly_once(make):
    tasks = [5, 3, 3, 8, 0, 7, 1, 2]
    with make(squares) as workers:
        assert sorted(workers.run(tasks)) == [(i, task**2) for i, task in enumerate(tasks)]


def test_results_do_not_depend_on_the_number_of_workers():
    def results(count: int) -> list[tuple[int, object]]:
        with make_workers(squares, count) as workers:
            return sorted(workers.run(range(20)))

    assert results(1) == results(2) == results(5)


def test_workers_are_used_again(make):
    with make(squares) as workers:
        for n in range(3):
            assert sorted(workers.run([n, n + 1])) == [(0, n**2), (1, (n + 1) ** 2)]


def test_no_tasks_give_no_results(make):
    with make(squares) as workers:
        assert list(workers.run([])) == []


def test_what_a_task_raises_comes_out_and_workers_stay_usable(make):
    with make(fails_at_3) as workers:
        for _ in range(2):
            with pytest.raises(BodyError, match=r"^task 3 fell over$"):
                list(workers.run([1, 2, 3, 4, 5]))
            assert sorted(workers.run([1, 2])) == [(0, 1), (1, 2)]


def test_what_the_factory_raises_comes_out(make):
    with make(cannot_be_built) as workers, pytest.raises(BodyError, match=r"^no physics here$"):
        list(workers.run([1]))


def test_factory_is_called_once_in_each_process(make, tmp_path):
    with make(Counted(tmp_path)) as workers:
        processes = {process for _ in range(3) for _, process in workers.run(range(20))}
        built_in = sorted(int(path.name.split("-")[0]) for path in tmp_path.iterdir())
        assert built_in == sorted(processes)
        assert len(processes) <= workers.count
        assert (os.getpid() in processes) == isinstance(workers, InProcess)


def test_nothing_is_built_before_it_is_needed(make, tmp_path):
    with make(Counted(tmp_path)) as workers:
        workers.run([1])
    assert list(tmp_path.iterdir()) == []


def test_leaving_early_drops_the_rest(make):
    with make(squares) as workers:
        results = workers.run(range(1000))
        next(results)
        results.close()
        assert list(results) == []
        assert sorted(workers.run([4])) == [(0, 16)]


def test_a_second_run_has_to_wait_for_the_first(make):
    with make(squares) as workers:
        first = workers.run([1, 2, 3])
        done = [next(first)]
        with pytest.raises(ProtocolError, match="earlier run"):
            next(workers.run([4]))
        assert sorted(done + list(first)) == [(0, 1), (1, 4), (2, 9)]


def test_closed_workers_refuse_to_run(make):
    workers = make(squares)
    results = workers.run([1, 2, 3])
    next(results)
    workers.close()
    workers.close()
    for closed in (results, workers.run([1])):
        with pytest.raises(ProtocolError, match="closed"):
            next(closed)


class Closable:
    def __init__(self):
        self.closed = 0

    def __call__(self, task: int) -> int:
        return task

    def close(self) -> None:
        self.closed += 1


def test_in_process_closes_its_function_once():
    function = Closable()
    with InProcess(lambda: function) as workers:
        assert list(workers.run([7, 8])) == [(0, 7), (1, 8)]
        assert function.closed == 0
    workers.close()
    assert function.closed == 1


def test_make_workers_chooses_by_count():
    with make_workers(squares, 1) as one, make_workers(squares, 2) as two:
        assert (type(one), one.count) == (InProcess, 1)
        assert (type(two), two.count) == (ProcessPool, 2)


@pytest.mark.parametrize("count", [0, -1])
def test_make_workers_refuses_less_than_one(count):
    with pytest.raises(InputError, match=rf"got {count}, expected 1 or more; .*\d+ would use all cores"):
        make_workers(squares, count)


def test_default_count_is_what_this_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {1, 4, 6}, raising=False)
    assert default_count() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert default_count() == 1
