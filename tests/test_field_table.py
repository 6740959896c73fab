"""The table of a spec's fields, against a spec of which everything is known."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from gaitopt.field_table import field_table
from gaitopt.optim.catalog import OPTIMIZERS, options_table, resolve_options
from gaitopt.rl.algorithms import catalog as algorithms
from gaitopt.spec import Count, Positive, Share, Spec


class Everything(Spec):
    count: Count
    """How many,
    at least."""
    share: Share = 0.25
    """A part."""
    open_end: Annotated[float, Field(gt=0, lt=1)] = 0.5
    ceiling: Annotated[int, Field(le=7)] = 7
    limit: Positive | None = None
    choice: Literal["plain", "adam"] = "plain"
    flag: bool = True
    name: str = "x"
    anything: Any = 3


def test_every_kind_of_field_in_words():
    rows = {row["option"]: row for row in field_table(Everything, {"flag": False})}
    assert {name: (row["type"], row["default"], row["bounds"]) for name, row in rows.items()} == {
        "count": ("whole number", "required", "x >= 1"),
        "share": ("number", 0.25, "0 <= x <= 1"),
        "open_end": ("number", 0.5, "0 < x < 1"),
        "ceiling": ("whole number", 7, "x <= 7"),
        "limit": ("number or none", None, "x > 0"),
        "choice": ("plain, adam", "plain", ""),
        "flag": ("true or false", False, ""),
        "name": ("text", "x", ""),
        "anything": ("any", 3, ""),
    }
    assert rows["count"]["meaning"] == "How many, at least."
    assert rows["share"]["meaning"] == "A part."
    assert rows["name"]["meaning"] == ""


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_table_of_an_optimizer_says_what_it_uses(name):
    assert {row["option"]: row["default"] for row in options_table(name)} == resolve_options(name)
    assert all(row["meaning"] and row["type"] != "any" for row in options_table(name))


@pytest.mark.parametrize("name", algorithms.ALGORITHMS)
def test_the_table_of_an_algorithm_says_what_it_uses(name):
    given = {"discount": 0.5}
    rows = algorithms.options_table(name, given)
    assert {row["option"]: row["default"] for row in rows} == algorithms.resolve_options(name, given)
    assert all(row["meaning"] and row["type"] != "any" for row in rows)
