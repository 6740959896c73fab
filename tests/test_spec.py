"""Reading TOML strictly, telling what is wrong in one line, and writing whole files or nothing."""

import errno
import os
from typing import Annotated

import pytest
from pydantic import Field, model_validator

from gaitopt.errors import GaitoptError, InputError, unknown_name
from gaitopt.spec import NonNegative, Positive, Real, Share, Spec, parse_spec, read_spec
from gaitopt.toml import data_folder, format_toml, read_toml, write_atomic


class Wheel(Spec):
    radius_m: Positive
    slip: Share = 0.0


class Spread(Spec):
    mean: Real
    std: NonNegative


class Cart(Spec):
    name: str
    wheels: tuple[Wheel, ...]
    spare: Wheel | None = None
    load: dict[str, Wheel] = Field(default_factory=dict)
    grip: Real | Spread = 1.0
    gears: Annotated[int, Field(strict=True, ge=1)] = 1

    @model_validator(mode="after")
    def _rolls(self):
        if not self.wheels and self.name != "sledge":
            raise ValueError("only a sledge has no wheels")
        return self


WHEEL = {"radius_m": 0.3}
CART = {"name": "cart", "wheels": [WHEEL]}


def problem(tables):
    with pytest.raises(InputError) as caught:
        parse_spec(Cart, tables, "cart.toml")
    text = str(caught.value)
    assert text.startswith("cart.toml: ")
    assert "\n" not in text
    return text.removeprefix("cart.toml: ")


def test_what_is_right_is_read():
    cart = parse_spec(Cart, CART | {"grip": {"mean": 1, "std": 0}, "spare": WHEEL}, "cart.toml")
    assert cart == Cart(name="cart", wheels=(Wheel(radius_m=0.3),), grip=Spread(mean=1.0, std=0.0), spare=cart.spare)
    assert cart.spare == Wheel(radius_m=0.3, slip=0.0)


@pytest.mark.parametrize(
    ("tables", "text"),
    [
        (CART | {"whels": []}, "unknown key 'whels'; did you mean wheels?"),
        (CART | {"xyz": 1}, "unknown key 'xyz'; known: gears, grip, load, name, spare, wheels"),
        (
            CART | {"wheels": [WHEEL | {"radius_mm": 3}]},
            "unknown key 'wheels.0.radius_mm'; did you mean wheels.0.radius_m",
        ),
        (CART | {"spare": WHEEL | {"slipp": 1}}, "unknown key 'spare.slipp'; did you mean spare.slip"),
        (CART | {"load": {"a": WHEEL | {"slipp": 1}}}, "unknown key 'load.a.slipp'; did you mean load.a.slip"),
        (CART | {"grip": {"mean": 1, "sd": 1}}, "unknown key 'grip.sd'; did you mean grip.std"),
        ({"wheels": []}, "key 'name' is missing"),
        (CART | {"spare": {}}, "key 'spare.radius_m' is missing"),
        (CART | {"grip": {"mean": 1.0}}, "key 'grip.std' is missing"),
        (CART | {"name": 3}, "name: got 3; expected a valid string"),
        (CART | {"wheels": 4}, "wheels: got 4; expected a list"),
        (CART | {"spare": 4}, "spare: got 4; expected a table"),
        (CART | {"wheels": [{"radius_m": "0.3"}]}, "wheels.0.radius_m: got '0.3'; expected a number"),
        (CART | {"wheels": [{"radius_m": True}]}, "wheels.0.radius_m: got True; expected a number"),
        (CART | {"wheels": [{"radius_m": 0}]}, "wheels.0.radius_m: got 0; expected greater than 0"),
        (CART | {"wheels": [{"radius_m": float("nan")}]}, "wheels.0.radius_m: got nan; expected a finite number"),
        (CART | {"wheels": [WHEEL | {"slip": 1.5}]}, "wheels.0.slip: got 1.5; expected less than or equal to 1"),
        (CART | {"gears": 2.0}, "gears: got 2.0; expected a whole number"),
        (CART | {"grip": "abc"}, "grip: got 'abc'; expected a number or { mean, std }"),
        (CART | {"grip": float("inf")}, "grip: got inf; expected a finite number"),
        (CART | {"grip": {"mean": 1, "std": -1}}, "grip.std: got -1; expected greater than or equal to 0"),
        (CART | {"wheels": []}, "only a sledge has no wheels"),
    ],
)
def test_what_is_wrong_is_told_by_key_got_and_expected(tables, text):
    assert problem(tables).startswith(text)


def test_a_long_value_is_told_shortly():
    assert len(problem(CART | {"grip": "x" * 10_000})) < 200


def test_keys_of_another_table_are_not_suggested():
    """Negative control: `radius_m` is known, but not at the top."""
    assert "radius_m" not in problem(CART | {"radius_m": 1.0}).split(";")[1]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"name = ", "is not valid TOML: "),
        (b"a = 1\na = 2", "is not valid TOML: "),
        (b"name = '\xff'", "is not UTF-8 text (byte 8); expected a TOML file"),
        (b"\x00", "is not valid TOML: "),
        (b"\x1f\x8b\x08\x00\xff", "is not UTF-8 text"),
    ],
)
def test_a_file_that_is_no_toml_is_told(tmp_path, content, text):
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_toml(path)
    assert str(caught.value).startswith(f"{path}: {text}")
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file or directory"):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_toml(tmp_path)


def test_a_spec_is_written_and_read_back(tmp_path):
    cart = Cart(name="Ä", wheels=(Wheel(radius_m=1 / 3), Wheel(radius_m=0.1 + 0.2)))
    path = tmp_path / "cart.toml"
    write_atomic(path, format_toml(cart.model_dump(mode="json")))
    assert read_spec(Cart, path) == cart


def test_what_is_none_is_left_out():
    assert format_toml({"a": None, "b": {"c": None, "d": 1}, "e": [{"f": None}]}) == "e = [\n    {},\n]\n\n[b]\nd = 1\n"


class TestWriteAtomic:
    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / "kept.toml"
        path.write_text("old")
        return path

    def test_replaces_the_file_and_leaves_nothing_else(self, path):
        write_atomic(path, "new ä")
        assert path.read_text(encoding="utf-8") == "new ä"
        assert os.listdir(path.parent) == ["kept.toml"]

    @pytest.mark.parametrize("call", ["fdopen", "fsync", "replace"])
    def test_a_full_disk_leaves_the_old_file_whole(self, path, monkeypatch, call):
        def full(*_, **__):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, call, full)
        with pytest.raises(InputError, match=r"kept.toml: cannot be written: No space left on device$"):
            write_atomic(path, "new")
        monkeypatch.undo()
        assert path.read_text() == "old"
        assert os.listdir(path.parent) == ["kept.toml"]

    def test_an_interrupt_leaves_the_old_file_whole(self, path, monkeypatch):
        def interrupted(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write_atomic(path, "new")
        assert path.read_text() == "old"
        assert os.listdir(path.parent) == ["kept.toml"]

    def test_text_that_cannot_be_encoded_leaves_the_old_file_whole(self, path):
        with pytest.raises(UnicodeEncodeError):
            write_atomic(path, "\ud800")
        assert path.read_text() == "old"
        assert os.listdir(path.parent) == ["kept.toml"]

    def test_a_missing_folder_is_told(self, tmp_path):
        with pytest.raises(InputError, match="cannot be written: No such file or directory"):
            write_atomic(tmp_path / "none" / "file", "text")


def test_data_folders_are_there():
    assert (data_folder("robots") / "aibo-ers7" / "robot.toml").is_file()
    assert (data_folder("scenarios") / "field.toml").is_file()


@pytest.mark.parametrize(
    ("got", "known", "text"),
    [
        ("hand", ["hand-tuned", "start"], "unknown gait 'hand'; did you mean hand-tuned?"),
        ("xyz", ["b", "a"], "unknown gait 'xyz'; known: a, b"),
        ("xyz", [], "unknown gait 'xyz'; known: none"),
        ("two\nlines", ["b"], "unknown gait 'two\\nlines'; known: b"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(got, known, text):
    error = unknown_name("gait", got, known)
    assert isinstance(error, GaitoptError)
    assert str(error) == text
