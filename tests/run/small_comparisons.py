"""Comparisons too small to say anything, but whole; and what they say and leave, but for how long it took."""

import dataclasses
import datetime

from small_runs import rows_of

NOON = datetime.datetime(2026, 1, 2, 12, 0, 0)
SMALL = {
    "optimizers": ("kohl-stone", "hill-climbing"),
    "options": {"kohl-stone": {"policies": 2, "repeats": 2}, "hill-climbing": {"repeats": 1}},
    "traversals": 30,
    "seeds": (1, 2, 3),
    "fresh": 4,
    "name": "small",
}


def said(comparison):
    """Return all that a comparison says but where it lies and how long it took."""
    curves = [dataclasses.replace(c, wall_s=0.0, overhead_s=0.0) for c in comparison.curves]
    summaries = [dataclasses.replace(s, wall_s=0.0, overhead=0.0) for s in comparison.summaries]
    return dataclasses.replace(comparison, folder=None, curves=tuple(curves), summaries=tuple(summaries))


def left_by(folder):
    """Return all that a comparison has stored but how long it took."""
    with folder.open_store() as store:
        fresh = [dataclasses.replace(row, wall_s=0.0) for p in ("incumbent", "again") for row in store.rows(p)]
        fresh = sorted(map(repr, fresh))
    members = {member.path.name: (rows_of(member), member.best_path.read_bytes()) for member in folder.members}
    iterations = {}
    for member in folder.members:
        with member.open_store() as store:
            its = store.iterations()
        iterations[member.path.name] = [dataclasses.replace(told, overhead_s=0.0) for told in its]
    return fresh, members, iterations
