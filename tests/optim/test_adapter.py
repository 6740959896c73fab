"""Optimizers of other packages: any class with ask and tell, and one clear error where it misbehaves."""

import sys
from types import MappingProxyType

import numpy as np
import pytest
from pydantic import BaseModel, Field

from gaitopt.errors import InputError, ProtocolError
from gaitopt.optim.catalog import OPTIMIZERS, make_optimizer, parse_options, resolve_options
from gaitopt.registry import Registry

START, EPSILON = np.full(3, 0.5), np.full(3, 0.1)


class Wandering:
    """Ten lines of random search around the best point so far."""

    def __init__(self, start, epsilon, rng, points=4, spread: float = 1.0):
        self.center, self.epsilon, self.rng, self.points, self.spread = start, epsilon, rng, points, spread
        self.top = -np.inf

    def ask(self):
        drawn = self.rng.standard_normal((self.points, len(self.center)))
        return np.clip(self.center + self.spread * drawn * self.epsilon, 0.0, 1.0)

    def tell(self, points, scores):
        if scores.max() > self.top:
            self.top, self.center = scores.max(), points[scores.argmax()]


class Typed(Wandering):
    """Has a model of its options, and all optional attributes."""

    class Options(BaseModel):
        points: int = Field(2, ge=1, description="Points an iteration.")
        repeats: int = 7

    def __init__(self, start, epsilon, rng, points):
        super().__init__(start, epsilon, rng, points)
        self.batch, self.told = points, 0

    @property
    def best(self):
        return [0.1, 0.2, 0.3] if self.told else None

    def tell(self, points, scores):
        self.told += 1

    def stop_reasons(self):
        return {"told": f"{self.told} times"} if self.told == 2 else {}


class Stubborn:
    """Takes any keyword, measures every point twice, and fails when asked after its reason to stop."""

    repeats = 2

    def __init__(self, start, epsilon, rng, **options):
        self.options, self.over = options, False

    def ask(self):
        if self.over:
            raise RuntimeError("asked too often")
        return [[0.5, 0.5, 0.5]]

    def tell(self, points, scores):
        self.over = True

    def stop_reasons(self):
        return {"done": "one was enough"} if self.over else {}


class Bad:
    """Does one thing wrong, given by `does`."""

    does = MappingProxyType({})

    def __init__(self, start, epsilon, rng):
        if "build" in self.does:
            raise ZeroDivisionError("division\nby zero")
        if "batch" in self.does:
            self.batch = self.does["batch"]

    def ask(self):
        return self._do("ask", [[0.5, 0.5, 0.5]])

    def tell(self, points, scores):
        points[:], scores[:] = 0.0, 0.0  # its own copies
        return self._do("tell", None)

    @property
    def best(self):
        return self._do("best", None)

    def stop_reasons(self):
        return self._do("stop_reasons", {})

    def _do(self, what, usual):
        done = self.does.get(what, usual)
        if isinstance(done, Exception):
            raise done
        return done


def place(kind):
    return OPTIMIZERS.name_of(kind)


def make(kind, seed=1, **options):
    return make_optimizer(place(kind), START, EPSILON, np.random.default_rng(seed), options)


def peak(points):
    return -np.sum((points - 0.7) ** 2, axis=1)


def learn(optimizer, iterations):
    """Run an optimizer as the run loop does, which needs the cost before it asks; return all points."""
    log = []
    for _ in range(iterations):
        batch = optimizer.batch
        points = optimizer.ask()
        assert len(points) == batch
        optimizer.tell(points, peak(points))
        log.append(points)
    return np.vstack(log)


def test_ten_lines_of_random_search_learn():
    optimizer = make(Wandering)
    asked = learn(optimizer, 100)
    assert asked.shape == (400, 3)
    np.testing.assert_array_equal(optimizer.best, asked[peak(asked).argmax()])
    assert peak(optimizer.best[None])[0] > -0.01 > peak(START[None])[0]
    assert optimizer.stop_reasons() == {}
    assert optimizer.repeats == 3


def test_the_start_is_best_before_any_scores():
    np.testing.assert_array_equal(make(Wandering).best, START)


def test_the_same_generator_and_scores_give_the_same_points_however_often_batch_is_read():
    first, second = make(Wandering), make(Wandering)
    asked = learn(first, 5)
    points = []
    for _ in range(5):
        points.append(second.ask())  # batch was not read before
        second.tell(points[-1], peak(points[-1]))
        _ = second.batch, second.batch
    np.testing.assert_array_equal(np.vstack(points), asked)
    assert not np.array_equal(learn(make(Wandering, seed=2), 5), asked)


def test_ask_and_tell_are_kept_in_order():
    optimizer = make(Wandering)
    points = optimizer.ask()
    assert not points.flags.writeable
    with pytest.raises(ProtocolError, match=r"ask\(\) was called twice"):
        optimizer.ask()
    with pytest.raises(ProtocolError, match=r"got a point that ask\(\) did not return"):
        optimizer.tell(points + 0.01, np.zeros(4))
    optimizer.tell(points, np.zeros(4))


def test_keywords_of_the_constructor_are_options():
    assert resolve_options(place(Wandering)) == {"repeats": 3, "points": 4, "spread": 1.0}
    assert make(Wandering, points=2, repeats=1).batch == 2
    assert parse_options(place(Wandering)) == parse_options(place(Wandering), {"points": 4})
    with pytest.raises(InputError, match=f"options of {__name__}:Wandering: unknown key 'point'; did you mean points"):
        make(Wandering, point=2)
    with pytest.raises(InputError, match="spread: got 'wide'; expected a number"):
        make(Wandering, spread="wide")
    with pytest.raises(InputError, match="repeats: got 0"):
        make(Wandering, repeats=0)


def test_a_model_of_options_and_all_optional_attributes():
    assert resolve_options(place(Typed)) == {"repeats": 7, "points": 2}
    for option in ("points", "repeats"):
        with pytest.raises(InputError, match=f"{option}: got 0; expected greater than or equal to 1"):
            make(Typed, **{option: 0})
    optimizer = make(Typed, repeats=2)
    assert optimizer.repeats == 2
    assert optimizer.batch == 2
    np.testing.assert_array_equal(optimizer.best, START)
    learn(optimizer, 2)
    np.testing.assert_array_equal(optimizer.best, [0.1, 0.2, 0.3])
    assert optimizer.stop_reasons() == {"told": "2 times"}


def test_any_keyword_default_repeats_and_no_ask_after_a_reason_to_stop():
    optimizer = make(Stubborn, anything=[1, 2])
    assert optimizer._inner.options == {"anything": [1, 2]}
    assert optimizer.repeats == 2
    learn(optimizer, 1)
    assert optimizer.stop_reasons() == {"done": "one was enough"}
    assert optimizer.batch == 0
    with pytest.raises(InputError, match=r"Stubborn: ask\(\) raised RuntimeError: asked too often"):
        optimizer.ask()


@pytest.mark.parametrize(
    ("does", "expected"),
    [
        ({"build": True}, "Bad raised ZeroDivisionError: division by zero"),
        ({"ask": KeyError("gait")}, r"ask\(\) raised KeyError: 'gait'"),
        ({"ask": None}, r"ask\(\): got None, expected numbers of shape \(k, 3\)"),
        ({"ask": [0.5, 0.5, 0.5]}, r"ask\(\): got shape \(3,\), expected numbers of shape \(k, 3\)"),
        ({"ask": [[0.5, 0.5]]}, r"ask\(\): got shape \(1, 2\), expected numbers of shape \(k, 3\)"),
        ({"ask": np.empty((0, 3))}, r"ask\(\): got shape \(0, 3\), expected numbers of shape \(k, 3\)"),
        ({"ask": [["a", "b", "c"]]}, r"ask\(\): got a list that is not an array of numbers, expected"),
        ({"ask": [[0.5, 0.5], [0.5]]}, r"ask\(\): got a list that is not an array of numbers, expected"),
        ({"ask": [[0.5, np.nan, 0.5]]}, r"ask\(\)\[0, 1\]: got nan, expected a number in 0 to 1"),
        ({"ask": [[0.5, 0.5, 1.5]]}, r"ask\(\)\[0, 2\]: got 1.5, expected a number in 0 to 1"),
        ({"batch": 2}, r"ask\(\): got 1 points, expected its batch of 2"),
        ({"batch": "two"}, "batch: got 'two', expected a whole number, at least 1"),
        ({"tell": OSError("disk full")}, r"tell\(\) raised OSError: disk full"),
        ({"best": [0.5, 0.5]}, r"best: got shape \(2,\), expected numbers of shape \(3,\)"),
        ({"best": [0.5, 0.5, -1]}, r"best\[2\]: got -1.0, expected a number in 0 to 1"),
        ({"best": AssertionError()}, "best raised AssertionError:"),
        ({"stop_reasons": "done"}, r"stop_reasons\(\): got 'done', expected a dict"),
        ({"stop_reasons": ValueError("no")}, r"stop_reasons\(\) raised ValueError: no"),
    ],
)
def test_bad_behavior_is_one_line_that_names_the_class(monkeypatch, does, expected):
    def use():
        optimizer = make(Bad)
        _ = optimizer.batch
        points = optimizer.ask()
        optimizer.tell(points, peak(points))
        return optimizer.best, optimizer.stop_reasons()

    best, reasons = use()
    np.testing.assert_array_equal(best, [0.5, 0.5, 0.5])
    assert reasons == {}
    monkeypatch.setattr(Bad, "does", does)
    with pytest.raises(InputError, match=f"optimizer {__name__}:Bad: {expected}") as error:
        use()
    assert "\n" not in str(error.value)


def test_an_interrupt_is_not_wrapped(monkeypatch):
    monkeypatch.setattr(Bad, "does", {"build": True})
    monkeypatch.setattr(Bad, "__init__", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        make(Bad)


@pytest.mark.parametrize("name", ["peak", "START", "InputError"])
def test_what_cannot_ask_and_tell_is_refused(name):
    with pytest.raises(InputError, match=r"expected a class with ask\(\) and tell\(points, scores\)"):
        parse_options(f"{__name__}:{name}")


def test_a_place_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="optimizer 'nowhere:Optimizer' cannot be imported: ModuleNotFoundError"):
        parse_options("nowhere:Optimizer")


def test_another_package_adds_one_by_an_entry_point(tmp_path, monkeypatch):
    (tmp_path / "somebodys.py").write_text(
        "from gaitopt.optim.random_search import RandomSearch\n"
        "class Wide(RandomSearch):\n    '''Draws widely.'''\n"
        "class Center:\n"
        "    '''Asks for the center.\n\n    Again and again.'''\n"
        "    def __init__(self, start, epsilon, rng): pass\n"
        "    def ask(self): return [[0.5, 0.5, 0.5]]\n"
        "    def tell(self, points, scores): pass\n"
    )
    info = tmp_path / "somebodys-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: somebodys\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[gaitopt.optimizers]\ncenter = somebodys:Center\nwide = somebodys:Wide\nbroken = nowhere:Gone\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("gaitopt.optim.catalog.OPTIMIZERS", Registry("optimizer", OPTIMIZERS.group, OPTIMIZERS._own))
    try:
        from gaitopt.optim import catalog

        assert list(catalog.OPTIMIZERS)[-2:] == ["center", "wide"]
        assert catalog.OPTIMIZERS["center"].summary == "Asks for the center."
        assert list(catalog.OPTIMIZERS.problems) == ["broken"]
        optimizer = make_optimizer("center", START, EPSILON, np.random.default_rng(1))
        np.testing.assert_array_equal(optimizer.ask(), [[0.5, 0.5, 0.5]])
        assert make_optimizer("wide", START, EPSILON, np.random.default_rng(1), {"points": 2}).batch == 2
    finally:
        sys.modules.pop("somebodys", None)
