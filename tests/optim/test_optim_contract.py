"""The contract of every optimizer, run over the whole registry: a new one is tested by being registered."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaitopt.errors import InputError, ProtocolError
from gaitopt.files import format_toml
from gaitopt.optim.arrays import unit
from gaitopt.optim.catalog import OPTIMIZERS, make_optimizer, parse_options, resolve_options

N = 12
START = np.linspace(0.0, 1.0, N)  # touches both faces of the cube
EPSILON = np.linspace(0.02, 0.1, N)

every_optimizer = pytest.mark.parametrize("name", list(OPTIMIZERS))


def make(name, seed=1, start=START, epsilon=EPSILON, options=None):
    return make_optimizer(name, start, epsilon, np.random.default_rng(seed), options)


def sphere(points, optimum=0.6):
    return -np.sum((np.atleast_2d(points) - optimum) ** 2, axis=1)


def learn(optimizer, iterations, noise_seed=2, noise=0.05, function=sphere):
    """Return all points asked and scores told, one pair for each iteration."""
    rng = np.random.default_rng(noise_seed)
    log = []
    for _ in range(iterations):
        points = optimizer.ask()
        measured = function(points)[:, None] + noise * rng.standard_normal((len(points), optimizer.repeats))
        log.append((points, measured.mean(axis=1)))
        optimizer.tell(*log[-1])
    return log


@every_optimizer
def test_asks_batch_points_inside_the_cube(name):
    optimizer = make(name)
    assert optimizer.repeats == 3
    for points, _ in learn(optimizer, 20):
        assert points.shape == (optimizer.batch, N)
        assert points.dtype == np.float64
        assert points.min() >= 0
        assert points.max() <= 1
        assert optimizer.best.shape == (N,)
    assert optimizer.stop_reasons() == {}


@every_optimizer
def test_arrays_handed_out_are_read_only_and_not_the_callers(name):
    start, epsilon = START.copy(), EPSILON.copy()
    optimizer = make(name, start=start, epsilon=epsilon)
    start[:], epsilon[:] = 0.5, 0.5
    np.testing.assert_array_equal(optimizer.best, START)
    for array in (optimizer.ask(), optimizer.best):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0.5


@every_optimizer
def test_best_is_the_start_until_something_is_told(name):
    optimizer = make(name)
    np.testing.assert_array_equal(optimizer.best, START)
    optimizer.ask()
    np.testing.assert_array_equal(optimizer.best, START)


@every_optimizer
def test_same_seed_same_points(name):
    first, second = learn(make(name), 5), learn(make(name), 5)
    for (points, _), (others, _) in zip(first, second, strict=True):
        np.testing.assert_array_equal(points, others)


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "forward-difference"])
def test_another_seed_other_points(name):
    assert not np.array_equal(make(name, seed=1).ask(), make(name, seed=2).ask())


@every_optimizer
def test_replaying_the_scores_repeats_the_asks_bit_for_bit(name):
    optimizer = make(name)
    log = learn(optimizer, 7)
    replayed = make(name)
    for points, scores in log:
        np.testing.assert_array_equal(replayed.ask(), points)
        replayed.tell(points.tolist(), scores.tolist())  # as read back from a file
    np.testing.assert_array_equal(replayed.ask(), optimizer.ask())
    np.testing.assert_array_equal(replayed.best, optimizer.best)


@every_optimizer
@pytest.mark.parametrize("seed", range(5))
def test_improves_on_a_noisy_sphere(name, seed):
    start = np.full(N, 0.2)  # squared distance to the optimum: 12 * 0.4^2 = 1.92
    optimizer = make(name, seed=seed, start=start, epsilon=np.full(N, 0.05))
    learn(optimizer, 23, noise_seed=100 + seed)
    assert sphere(optimizer.best)[0] > sphere(start)[0] / 2
    # Negative control: one that is told the opposite fails this check, the random one included.
    misled = make(name, seed=seed, start=start, epsilon=np.full(N, 0.05))
    learn(misled, 23, noise_seed=100 + seed, function=lambda points: -sphere(points))
    assert sphere(misled.best)[0] < sphere(start)[0] / 2


@every_optimizer
def test_tell_before_ask(name):
    optimizer = make(name)
    with pytest.raises(ProtocolError, match=r"tell came without an ask.*call ask\(\) first"):
        optimizer.tell(np.zeros((1, N)), [0.0])


@every_optimizer
def test_tell_twice(name):
    optimizer = make(name)
    points, scores = learn(optimizer, 1)[0]
    with pytest.raises(ProtocolError, match="without an ask"):
        optimizer.tell(points, scores)


@every_optimizer
def test_ask_twice(name):
    optimizer = make(name)
    optimizer.ask()
    with pytest.raises(ProtocolError, match=r"ask came twice.*call tell\(\)"):
        optimizer.ask()


BAD_TELLS = {
    "other points": (lambda p, s: (p + 1e-12, s), ProtocolError, "points"),
    "other order": (lambda p, s: (p[::-1], s), ProtocolError, "order"),
    "too few points": (lambda p, s: (p[1:], s), InputError, "points: got shape"),
    "too few scores": (lambda p, s: (p, s[1:]), InputError, "scores: got shape"),
    "a column of scores": (lambda p, s: (p, s[:, None]), InputError, "scores: got shape"),
    "words": (lambda p, s: (p, ["fast"] * len(s)), InputError, "scores: got a list that is not"),
    "a ragged list": (lambda p, s: ([[0.0], [0.0, 1.0]], s), InputError, "points: got a list that is not"),
    "NaN": (
        lambda p, s: (p, np.where(np.arange(len(s)) == 1, np.nan, s)),
        InputError,
        r"scores\[1\]: got nan",
    ),
    "no score": (lambda p, s: (p, [None, *s[1:]]), InputError, r"scores\[0\]: got nan"),
    "infinity": (lambda p, s: (p, s - np.inf), InputError, r"scores\[0\]: got -inf, expected a finite"),
}


@every_optimizer
@pytest.mark.parametrize("case", list(BAD_TELLS))
def test_a_bad_tell_is_refused_in_one_line_and_changes_nothing(name, case):
    spoil, error, text = BAD_TELLS[case]
    optimizer, undisturbed = make(name), make(name)
    points = optimizer.ask()
    scores = sphere(points)
    with pytest.raises(error, match=text) as caught:
        optimizer.tell(*spoil(points, scores))
    assert "\n" not in str(caught.value)
    assert "expected" in str(caught.value)

    optimizer.tell(points, scores)
    undisturbed.tell(undisturbed.ask(), scores)
    np.testing.assert_array_equal(optimizer.ask(), undisturbed.ask())
    np.testing.assert_array_equal(optimizer.best, undisturbed.best)


BAD_BEGINNINGS = {
    "start above the cube": ([0.5, 1.1], [0.1, 0.1], r"start\[1\]: got 1.1, expected a number in 0 to 1"),
    "start below the cube": ([-0.1, 0.5], [0.1, 0.1], r"start\[0\]: got -0.1"),
    "start not a number": ([0.5, np.nan], [0.1, 0.1], r"start\[1\]: got nan"),
    "start of two dimensions": ([[0.5, 0.5]], [0.1, 0.1], r"start: got shape \(1, 2\), expected \(2,\)"),
    "start empty": ([], [], r"start: got shape \(0,\), expected \(1,\)"),
    "start a number": (0.5, 0.1, r"start: got shape \(\), expected \(1,\)"),
    "epsilon zero": ([0.5, 0.5], [0.1, 0.0], r"epsilon\[1\]: got 0.0, expected a number above 0"),
    "epsilon negative": ([0.5, 0.5], [-0.1, 0.1], r"epsilon\[0\]: got -0.1"),
    "epsilon infinite": ([0.5, 0.5], [np.inf, 0.1], r"epsilon\[0\]: got inf"),
    "epsilon too short": ([0.5, 0.5], [0.1], r"epsilon: got shape \(1,\), expected \(2,\)"),
}


@every_optimizer
@pytest.mark.parametrize("case", list(BAD_BEGINNINGS))
def test_a_bad_beginning_is_refused(name, case):
    start, epsilon, text = BAD_BEGINNINGS[case]
    with pytest.raises(InputError, match=text):
        make(name, start=start, epsilon=epsilon)


@every_optimizer
@settings(max_examples=30, deadline=None)
@given(
    start=st.lists(st.floats(0, 1), min_size=1, max_size=4),
    epsilon=st.floats(1e-6, 1e6),
    scores=st.lists(st.floats(-1e6, 1e6), min_size=15, max_size=15),
)
def test_stays_inside_the_cube_whatever_is_told(name, start, epsilon, scores):
    optimizer = make(name, start=start, epsilon=np.full(len(start), epsilon))
    for _ in range(3):
        points = optimizer.ask()
        optimizer.tell(points, scores[: len(points)])
        for array in (points, optimizer.best):
            assert np.all((array >= 0) & (array <= 1))


@every_optimizer
def test_options_are_resolved_and_used(name):
    assert resolve_options(name)["repeats"] == 3
    assert resolve_options(name, {"repeats": 5}) == {**resolve_options(name), "repeats": 5}
    assert make(name, options={"repeats": 5}).repeats == 5
    assert parse_options(name, resolve_options(name)) == parse_options(name)
    assert "repeats = 3" in format_toml(resolve_options(name))


@every_optimizer
def test_every_option_is_documented_and_every_entry_has_a_line(name):
    entry = OPTIMIZERS[name]
    assert all(field.description for field in entry.options.model_fields.values())
    assert entry.summary
    assert "\n" not in entry.summary


@every_optimizer
@pytest.mark.parametrize("repeats", [0, -1, 2.5, True, "3"])
def test_a_bad_option_value_is_refused(name, repeats):
    with pytest.raises(InputError, match=f"options of {name}: repeats: got"):
        make(name, options={"repeats": repeats})


@every_optimizer
def test_an_unknown_option_is_refused_with_the_nearest(name):
    with pytest.raises(InputError, match=r"unknown key 'repeat'; did you mean repeats\?"):
        make(name, options={"repeat": 3})


@pytest.mark.parametrize("call", [make, resolve_options, parse_options])
def test_an_unknown_optimizer_is_refused_with_the_nearest(call):
    with pytest.raises(InputError, match=r"unknown optimizer 'kohlstone'; did you mean kohl-stone\?"):
        call("kohlstone")


def test_catalog_names():
    assert list(OPTIMIZERS) == ["kohl-stone", "forward-difference", "random-search"]


def test_unit_has_length_one_and_leaves_zero():
    np.testing.assert_allclose(unit(np.array([3.0, -4.0])), [0.6, -0.8], rtol=1e-15)
    np.testing.assert_allclose(unit(np.array([3e-200, 4e-200])), [0.6, 0.8], rtol=1e-15)  # squares underflow
    np.testing.assert_array_equal(unit(np.zeros(2)), [0.0, 0.0])
