"""Registries of things that are chosen by name, and what other packages add to them."""

import sys

import pytest
from foreign_packages import install

from gaitopt.errors import InputError
from gaitopt.registry import Entry, Registry

OWN = {"fraction": Entry("fractions:Fraction", "exact numbers"), "decimal": Entry("decimal:Decimal", "decimal numbers")}
GROUP = "gaitopt.tests"
MODULES = {
    "foreign_good": 'class Number:\n    """Numbers of a third kind.\n\n    More."""\n\nclass Bare: pass\n',
    "foreign_bad": "import a_module_that_does_not_exist\n",
}


def registry():
    return Registry("number", GROUP, OWN)


@pytest.fixture
def foreign(monkeypatch, tmp_path):
    """Return a registry to which a package adds `third` and `bare`, and fails to add `broken`, `missing`, `decimal`."""
    points = {
        "third": "foreign_good:Number",
        "bare": "foreign_good:Bare",
        "broken": "foreign_bad:Number",
        "missing": "foreign_good:Nothing",
        "decimal": "foreign_good:Number",
    }
    install(monkeypatch, tmp_path, MODULES, {GROUP: points})
    return registry()


def test_own_items_come_in_their_order_and_load_their_objects():
    from decimal import Decimal
    from fractions import Fraction

    numbers = registry()
    assert list(numbers) == ["fraction", "decimal"]
    assert len(numbers) == 2
    assert numbers.load("fraction") is Fraction
    assert numbers.load("decimal") is Decimal
    assert numbers["decimal"].summary == "decimal numbers"
    assert numbers.problems == {}


def test_own_items_do_not_look_at_those_of_others(monkeypatch, tmp_path):
    install(monkeypatch, tmp_path, MODULES, {GROUP: {"third": "foreign_good:Number"}})
    numbers = registry()
    assert "fraction" in numbers
    numbers.load("fraction")
    assert "foreign_good" not in sys.modules
    assert "third" in numbers  # negative control: this does look
    assert "foreign_good" in sys.modules


def test_items_of_others_come_after_and_say_what_they_are(foreign):
    assert list(foreign) == ["fraction", "decimal", "bare", "third"]
    assert foreign["third"] == Entry("foreign_good:Number", "Numbers of a third kind.")
    assert foreign["bare"].summary == "from 'foreign_good:Bare' of package foreign"
    assert foreign.load("third").__name__ == "Number"


def test_what_cannot_be_used_is_named_and_the_rest_works(foreign):
    assert set(foreign.problems) == {"broken", "missing", "decimal (foreign_good:Number)"}
    assert foreign.problems["broken"] == (
        "entry point 'foreign_bad:Number' of package foreign cannot be imported: "
        "ModuleNotFoundError: No module named 'a_module_that_does_not_exist'"
    )
    assert "AttributeError" in foreign.problems["missing"]
    assert foreign.problems["decimal (foreign_good:Number)"].endswith("of package foreign: the name is taken")
    assert foreign.load("decimal").__module__ == "decimal"
    assert foreign.load("third")
    with pytest.raises(InputError, match=r"^number 'broken' cannot be used: entry point 'foreign_bad:Number'"):
        foreign.load("broken")


def test_an_unknown_name_is_answered_with_near_ones(foreign):
    with pytest.raises(InputError) as caught:
        foreign.load("thirt")
    assert str(caught.value) == "unknown number 'thirt'; did you mean third?"
    with pytest.raises(InputError, match="known: bare, decimal, fraction, third"):
        foreign.load("xyz")


def test_a_place_is_loaded_without_a_registration(foreign):
    assert foreign.load("foreign_good:Number").__name__ == "Number"
    with pytest.raises(InputError, match=r"^number 'foreign_good:Nothing' cannot be imported: AttributeError: "):
        foreign.load("foreign_good:Nothing")
    with pytest.raises(InputError, match=r"^number 'no_such_module:Number' cannot be imported: ModuleNotFoundError: "):
        foreign.load("no_such_module:Number")


def test_a_name_stored_finds_the_same_object_again(foreign):
    from fractions import Fraction

    for choice in (Fraction, foreign.load("third"), foreign.load("bare")):
        assert foreign.load(foreign.name_of(choice)) is choice
    assert foreign.name_of(Fraction) == "fraction"
    assert foreign.name_of(foreign.load("third")) == "foreign_good:Number"
    assert foreign.name_of("third") == "third"


def test_what_cannot_be_found_again_has_no_name():
    class Local:
        pass

    with pytest.raises(InputError, match=r"Local': cannot be found again by this name.*at the top level of a module"):
        registry().name_of(Local)
    with pytest.raises(InputError, match="cannot be found again"):
        registry().name_of(lambda: None)
    Local.__qualname__ = "Fraction"  # a name that leads to another object
    Local.__module__ = "fractions"
    numbers = Registry("number", GROUP, {})
    with pytest.raises(InputError, match="fractions:Fraction': cannot be found again"):
        numbers.name_of(Local)
