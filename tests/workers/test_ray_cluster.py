"""Failures of Ray: workers die, nodes leave, the head does not answer, or it is not installed."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from worker_tasks import (
    KillsWorkerOnce,
    NotUnderstood,
    environment,
    kills_worker_at_3,
    long_results,
    process_id,
    squares,
)

from gaitopt.errors import InputError, WorkerError
from gaitopt.workers import check_count, check_workers, make_workers
from gaitopt.workers.ray import cluster as ray_cluster
from gaitopt.workers.ray import connection as ray_join
from gaitopt.workers.ray.workers import RayWorkers


def test_ray_is_chosen_by_its_name(local_ray):
    with make_workers(squares, "ray") as workers:
        assert type(workers) is RayWorkers
        assert workers.count >= 1


def test_task_that_kills_its_worker_once_is_repeated(local_ray, tmp_path):
    with RayWorkers(KillsWorkerOnce(tmp_path / "died")) as workers:
        assert sorted(workers.run(range(40))) == [(n, n**2) for n in range(40)]
    assert (tmp_path / "died").exists()


def test_workers_killed_from_outside_are_replaced(local_ray):
    with RayWorkers(process_id) as workers:
        results = workers.run(range(200))
        first = next(results)
        os.kill(first[1], signal.SIGKILL)
        done = [first, *results]
        assert sorted(index for index, _ in done) == list(range(200))
        assert done[-1][1] != first[1]


def test_task_that_always_kills_its_worker_is_named_and_the_others_are_finished(local_ray):
    results, tasks = [], [0, 1, 3, 4, 5, 6, 7]
    with RayWorkers(kills_worker_at_3) as workers:
        with pytest.raises(WorkerError, match=r"^task 2 of 7, 3, killed its worker 3 times .*; run it with 1 worker"):
            results.extend(workers.run(tasks))
        assert sorted(workers.run([1, 2])) == [(0, 1), (1, 2)]
    assert sorted(results) == [(index, task) for index, task in enumerate(tasks) if task != 3]


def test_long_results_come_whole(local_ray):
    with RayWorkers(long_results) as workers:
        assert all(result == bytes([index]) * 500_000 for index, result in workers.run(range(8)))


def test_numeric_libraries_use_one_thread_there(local_ray):
    with RayWorkers(environment) as workers:
        ((_, seen),) = workers.run([0])
    assert seen["OMP_NUM_THREADS"] == "1"


def test_what_a_node_does_not_understand_is_told_with_its_name(local_ray):
    with RayWorkers(NotUnderstood()) as workers, pytest.raises(WorkerError) as caught:
        list(workers.run([1]))
    assert str(caught.value).startswith(f"{socket.gethostname()}: cannot unpickle its tasks")
    assert "install the same gaitopt there" in str(caught.value)


def test_many_threads_share_the_same_workers(local_ray):
    with RayWorkers(process_id) as workers, ThreadPoolExecutor(8) as threads:
        runs = [threads.submit(lambda client: list(client.run(range(20))), workers.share()) for _ in range(8)]
        results = [run.result() for run in runs]
    assert all(sorted(index for index, _ in result) == list(range(20)) for result in results)
    assert len({process for result in results for _, process in result}) <= workers.count


def test_sharers_hear_of_the_end(local_ray):
    errors = []

    def work(client: RayWorkers) -> None:
        try:
            for _ in range(10_000):
                list(client.run(range(10)))
        except Exception as error:
            errors.append(str(error))

    workers = RayWorkers(process_id)
    threads = [threading.Thread(target=work, args=[workers.share()]) for _ in range(3)]
    for thread in threads:
        thread.start()
    next(workers.run([0]))
    workers.close()
    for thread in threads:
        thread.join(60)
    assert errors == ["these workers are closed; make new ones"] * 3


def test_without_a_free_cpu_it_ends_with_one_line(local_ray, monkeypatch):
    with RayWorkers(process_id) as others:
        busy: set[int] = set()
        while len(busy) < others.count:  # then they hold all CPUs
            busy |= {process for _, process in others.run(range(10))}
        monkeypatch.setattr(ray_cluster, "PATIENCE_S", 1.0)
        with RayWorkers(process_id) as workers, pytest.raises(WorkerError) as caught:
            list(workers.run([1]))
    assert "has had no free CPU for 1 s" in str(caught.value)
    assert "\n" not in str(caught.value)


# From here on no Ray is needed.


@pytest.fixture
def no_ray_joined(monkeypatch):
    monkeypatch.setattr(ray_join.import_ray(), "is_initialized", lambda: False)


def test_no_ray_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    for ask in (lambda: check_workers("ray"), lambda: make_workers(squares, "ray")):
        with pytest.raises(InputError, match=r"^--workers ray needs the package ray: pip install 'gaitopt\[ray\]'$"):
            ask()


@pytest.mark.parametrize("address", ["10.0.0.1", "head:0", "head:port", ":6379", "ray://head:10001", "a b"])
def test_an_address_of_another_form_is_refused(monkeypatch, no_ray_joined, address):
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(InputError, match=r"^RAY_ADDRESS: got .*; expected HOST:PORT"):
        check_workers("ray")


@pytest.mark.parametrize(
    ("address", "expected"),
    [("", None), ("local", None), ("auto", "auto"), (" head:6379 ", "head:6379"), ("[::1]:6379", "[::1]:6379")],
)
def test_the_address_is_taken_from_the_environment(monkeypatch, address, expected):
    monkeypatch.setenv("RAY_ADDRESS", address)
    assert ray_join.cluster_address() == expected


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def answer(server: socket.socket, words: bytes) -> None:
    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(100)
            connection.sendall(words)

    threading.Thread(target=serve, daemon=True).start()


def address_of(server: socket.socket) -> str:
    return f"127.0.0.1:{server.getsockname()[1]}"


def test_an_unreachable_cluster_is_told_at_once(monkeypatch, no_ray_joined, listener):
    address = address_of(listener)
    listener.close()
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(InputError, match=rf"^RAY_ADDRESS={address}: no Ray cluster can be reached there \(.*refused\)"):
        check_workers("ray")


def test_a_port_that_never_answers_is_not_waited_for_long(listener):
    with pytest.raises(InputError, match="no answer"):
        ray_join.check_reachable(address_of(listener), patience_s=0.1)


@pytest.mark.parametrize("words", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_port_of_something_else_is_told_from_ray(listener, words):
    answer(listener, words)
    with pytest.raises(InputError, match="the server there is not Ray"):
        ray_join.check_reachable(address_of(listener))


def test_a_server_of_http_2_may_be_ray(listener):
    answer(listener, bytes.fromhex("000006 04 00 00000000 000500004000"))  # SETTINGS_MAX_FRAME_SIZE = 16384
    ray_join.check_reachable(address_of(listener))


def test_what_keeps_its_state_here_refuses_ray():
    with pytest.raises(InputError, match=r"^workers: got 'ray', .*processes of this machine, such as \d+$"):
        check_count("ray")


def test_a_cluster_that_ray_cannot_find_is_told_before_anything_is_made(monkeypatch, no_ray_joined):
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    ray = ray_join.import_ray()
    left = []

    def nowhere(**options):
        assert options["address"] == "auto"
        raise ConnectionError("Could not find any running Ray instance.\nMore pages.")

    monkeypatch.setattr(ray, "init", nowhere)
    monkeypatch.setattr(ray, "shutdown", lambda: left.append(True))
    with pytest.raises(InputError, match=r"^RAY_ADDRESS=auto: no Ray cluster .*\(Could not find any"):
        check_workers("ray")
    monkeypatch.setattr(ray, "init", lambda **options: None)
    left.clear()
    check_workers("ray")
    assert left == [True]  # found, and left again
