import dataclasses
import math
import sqlite3

import pytest

from gaitopt.errors import InputError
from gaitopt.gait.parameters import PARAMETER_NAMES
from gaitopt.run.store import Iteration, Place, Row, RunStore
from gaitopt.walk.traversal import Status, Traversal

NAN = float("nan")
TRICKY = (0.1 + 0.2, 5e-324, 1.7976931348623157e308, -1 / 3, 3.0, 2.0**53 + 2, math.pi, -0.0, 0.015000000000000003)


FIRST = Place("learn", 0, 0, 0)


def a_row(place=FIRST, **changes):
    walk = Traversal(Status.FINISHED, 8.1, 2.0, 0.24, 0.1, 0.02, 50.0, -0.01, 0.0, NAN, NAN, 0.3, 0.1, 1000, 7.5)
    traversal = dataclasses.replace(walk, **changes)
    parameters = (*TRICKY, 0.1, 0.2, 0.3)
    return Row(place, seed=2**63 - 1, parameters=parameters, traversal=traversal, score=1 / 3, wall_s=0.1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.db"


@pytest.fixture
def store(path):
    with RunStore(path, create=True) as store:
        yield store


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"status": Status.FELL, "time_s": None, "speed_mps": 0.0},
        {"energy_j": NAN, "knees": NAN, "flight": NAN},
        *({"time_s": number, "drift_m": -number} for number in TRICKY if math.copysign(1, number) > 0),
    ],
)
def test_a_row_comes_back_to_the_bit(store, path, changes):
    row = a_row(**changes)
    store.add(row)
    store.close()
    with RunStore(path) as again:
        [back] = again.rows("learn")
    # Texts of floats are exact and distinguish nan from None; equality would let 1 pass for 1.0, and fail for nan.
    assert repr(back) == repr(row).replace("-0.0,", "0.0,")  # SQLite knows no negative zero


def test_the_smallest_change_of_a_number_is_kept(store):
    store.add(a_row())
    [back] = store.rows("learn")
    assert repr(back) != repr(a_row(speed_mps=math.nextafter(0.24, 1.0)))


def test_a_place_is_taken_once(store):
    store.add(a_row(drift_m=1.0))
    with pytest.raises(InputError, match="UNIQUE"):
        store.add(a_row(drift_m=2.0))
    assert [row.traversal.drift_m for row in store.rows("learn")] == [1.0]


def test_purposes_are_kept_apart_and_rows_come_in_the_order_of_their_places(store):
    places = [Place("learn", i, c, r) for i in range(11) for c in range(2) for r in range(2)]
    for place in reversed(places):  # 10 must not come before 2
        store.add(a_row(place))
    store.add(a_row(Place("best", 0, 0, 0)))
    assert [row.place for row in store.rows("learn")] == places
    assert (store.count("learn"), store.count("start"), store.count("best")) == (44, 0, 1)


def test_every_row_is_on_the_disk_at_once_for_any_sql_tool(store, path):
    reader = sqlite3.connect(path)
    assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    for repeat, status in enumerate([Status.FELL, Status.FINISHED, Status.TIMEOUT]):
        store.add(a_row(Place("learn", 0, 0, repeat), status=status, speed_mps=float(repeat)))
        seen = reader.execute("SELECT status FROM traversals ORDER BY repeat").fetchall()
        assert seen[-1] == (status.value,)
    columns = [column[1] for column in reader.execute("PRAGMA table_info(traversals)")]
    fields = [field.name for field in dataclasses.fields(Traversal)]
    expected = ["purpose", "iteration", "candidate", "repeat", "seed", *PARAMETER_NAMES, *fields, "score", "wall_s"]
    assert columns == expected
    assert reader.execute("SELECT avg(speed_mps), max(seed), max(skew) FROM traversals").fetchone() == (
        1.0,
        2**63 - 1,
        a_row().parameters[PARAMETER_NAMES.index("skew")],
    )
    reader.close()


def other_database(path, version):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (title TEXT)")
    connection.execute(f"PRAGMA user_version={version}")
    connection.commit()
    connection.close()


def truncated(path):
    with RunStore(path, create=True) as store:
        for repeat in range(200):
            store.add(a_row(Place("learn", 0, 0, repeat)))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


BROKEN = {
    "missing": (lambda path: None, "no run database"),
    "a folder": (lambda path: path.mkdir(), "no run database"),
    "empty": (lambda path: path.touch(), "version 0"),
    "text": (lambda path: path.write_text("no database\n" * 100), "not a database"),
    "another program's": (lambda path: other_database(path, 0), "version 0"),
    "a later version": (lambda path: other_database(path, 2), "version 2; expected a run database of version 1"),
    "no table": (lambda path: other_database(path, 1), "no such table"),
    "truncated": (truncated, "malformed"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_is_no_run_database_is_refused_in_one_line(path, how):
    spoil, words = BROKEN[how]
    spoil(path)
    with pytest.raises(InputError, match=words) as caught, RunStore(path) as store:
        store.rows("learn")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("status = 'flying'", "'flying' is not a valid Status"),
        ("status = NULL", "None is not a valid Status"),
        ("speed_mps = 'fast'", "speed_mps: got 'fast'; expected a number"),
        ("skew = x'00'", "skew: got b'.x00'; expected a number"),
        ("score = NULL", "score: got None; expected a number"),
        ("wall_s = NULL", "wall_s: got None; expected a number"),
    ],
)
def test_a_spoiled_row_is_an_error_that_names_the_file(store, path, change, words):
    store.add(a_row())
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE traversals SET {change}")
    connection.close()
    with pytest.raises(InputError, match=words) as caught:
        store.rows("learn")
    assert str(path) in str(caught.value)


def test_a_folder_that_is_none_cannot_hold_a_database(tmp_path):
    with pytest.raises(InputError, match="unable to open"):
        RunStore(tmp_path / "nowhere" / "run.db", create=True)


@pytest.mark.parametrize(
    ("trouble", "words"), [("PRAGMA max_page_count=1", "full"), ("PRAGMA query_only=1", "readonly")]
)
def test_a_full_or_read_only_disk_loses_no_earlier_row(store, path, trouble, words):
    store.add(a_row(drift_m=1.0))
    store._connection.execute(trouble)  # what SQLite itself offers to play a full disk and a read-only one
    with pytest.raises(InputError, match=words) as caught:
        add_many(store)
    assert str(path) in str(caught.value)
    kept = len(store.rows("learn"))
    store.close()
    with RunStore(path) as again:
        rows = again.rows("learn")
        assert [row.place.repeat for row in rows] == list(range(kept))
        again.add(a_row(Place("learn", 0, 0, 500)))  # with space again, it goes on


def add_many(store):
    for repeat in range(1, 200):
        store.add(a_row(Place("learn", 0, 0, repeat)))


def test_an_old_database_is_not_made_anew(path):
    with RunStore(path, create=True) as store:
        store.add(a_row())
    with pytest.raises(InputError, match="already exists"):
        RunStore(path, create=True)
    with RunStore(path) as store:
        assert store.count("learn") == 1


def test_closing_twice_is_harmless_and_a_closed_store_says_so(store, path):
    store.close()
    store.close()
    with pytest.raises(InputError, match="closed"):
        store.add(a_row())


def test_an_iteration_comes_back_to_the_bit_and_is_kept_as_it_was_first_told(store):
    first = Iteration(0, 45, (*TRICKY, 0.1, 0.2, 0.3), 0.125)
    assert store.iterations() == []  # as in a database of an older version, which has no such table
    store.add_iteration(Iteration(1, 90, first.incumbent, 0.25))
    store.add_iteration(first)
    store.add_iteration(dataclasses.replace(first, overhead_s=9.0))  # added again when a run is resumed
    assert store.iterations() == [first, Iteration(1, 90, first.incumbent, 0.25)]


@pytest.mark.parametrize("change", ["traversals = NULL", "overhead_s = 'x'", "skew = x'00'"])
def test_a_spoiled_iteration_is_an_error_that_names_the_file(store, path, change):
    store.add_iteration(Iteration(0, 45, (*TRICKY, 0.1, 0.2, 0.3), 0.125))
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE iterations SET {change}")
    connection.close()
    with pytest.raises(InputError, match=f"{change.split()[0]}: got .*; expected a number") as caught:
        store.iterations()
    assert str(path) in str(caught.value)
