"""The contract of every optimizer, run over the whole registry: a new one is tested by being registered."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaitopt.errors import InputError, ProtocolError
from gaitopt.optim.arrays import unit
from gaitopt.optim.catalog import OPTIMIZERS, make_optimizer, options_spec, parse_options, resolve_options
from gaitopt.toml import format_toml

N = 12
START = np.linspace(0.0, 1.0, N)  # touches both faces of the cube
EPSILON = np.linspace(0.02, 0.1, N)

NO_CHANCE = {  # these draw nothing: what they ask follows from start and scores
    "forward-difference",
    "central-difference",
    "gradient-ascent",
    "conjugate-gradient",
    "bfgs",
    "powell",
    "nelder-mead",
}
SLOW_TO_ASK = ("bayesian",)
EARLY = {"ego-cma": {"switch": 8}}  # so that both of its methods are at work in these few iterations

every_optimizer = pytest.mark.parametrize("name", list(OPTIMIZERS))


def make(name, seed=1, start=START, epsilon=EPSILON, options=None):
    return make_optimizer(name, start, epsilon, np.random.default_rng(seed), options or EARLY.get(name))


def sphere(points, optimum=0.6):
    return -np.sum((np.atleast_2d(points) - optimum) ** 2, axis=1)


def learn(optimizer, iterations=None, traversals=math.inf, noise_seed=2, noise=0.05, function=sphere):
    """Run an optimizer as the run loop does; return points and scores, one pair for each iteration."""
    rng = np.random.default_rng(noise_seed)
    log = []
    while not optimizer.stop_reasons() and len(log) != iterations:
        traversals -= optimizer.batch * optimizer.repeats
        if traversals < 0:
            break
        points = optimizer.ask()
        measured = function(points)[:, None] + noise * rng.standard_normal((len(points), optimizer.repeats))
        log.append((points, measured.mean(axis=1)))
        optimizer.tell(*log[-1])
    return log


@every_optimizer
def test_asks_batch_points_inside_the_cube(name):
    optimizer = make(name)
    for _ in range(5 if name in SLOW_TO_ASK else 20):
        batch = optimizer.batch
        assert batch == optimizer.batch  # looking changes nothing
        points = optimizer.ask()
        assert points.shape == (batch, N)
        assert points.dtype == np.float64
        assert points.min() >= 0
        assert points.max() <= 1
        optimizer.tell(points, sphere(points))
        assert optimizer.best.shape == (N,)
        assert optimizer.stop_reasons() == {}


@every_optimizer
def test_looking_at_batch_best_and_reasons_changes_nothing(name):
    looked, other = make(name), make(name)
    for _ in range(4):
        for _ in range(2):
            _ = looked.batch, looked.best, looked.stop_reasons(), looked.repeats
        points = looked.ask()
        _ = looked.best, looked.stop_reasons()
        np.testing.assert_array_equal(points, other.ask())
        for optimizer in (looked, other):
            optimizer.tell(points, sphere(points))


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


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name not in NO_CHANCE])
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
    if name in SLOW_TO_ASK and seed > 1:
        pytest.skip("slow to ask: two seeds have to do")
    budget = {"traversals": 45 if name in SLOW_TO_ASK else 1035, "noise_seed": 100 + seed}
    start = np.full(N, 0.2)  # squared distance to the optimum: 12 * 0.4^2 = 1.92
    optimizer = make(name, seed=seed, start=start, epsilon=np.full(N, 0.05))
    learn(optimizer, **budget)
    assert sphere(optimizer.best)[0] > sphere(start)[0] / 2
    # Negative control: with scores of the opposite sign every optimizer fails this check, even the random one.
    misled = make(name, seed=seed, start=start, epsilon=np.full(N, 0.05))
    learn(misled, **budget, function=lambda points: -sphere(points))
    assert sphere(misled.best)[0] < sphere(start)[0] / 2


@every_optimizer
@pytest.mark.parametrize("score", [0.0, 0.1, -3.0])
def test_bears_that_all_fail(name, score):
    """Every candidate falls: nothing is learned, nothing breaks, and `ask` still works after a reason to stop."""
    optimizer = make(name)
    for _ in range(4 if name in SLOW_TO_ASK else 30):
        points = optimizer.ask()
        optimizer.tell(points, np.full(len(points), score))
        assert np.isfinite(optimizer.best).all()
        assert all(isinstance(reason, str) and reason for reason in optimizer.stop_reasons().values())


@every_optimizer
def test_bears_falls_beyond_an_edge(name):
    """Like a gait that falls when it gets too fast: the score drops from its maximum to 0 within a step."""

    def edge(points):
        height = 1 - 0.4 * np.sum((points - 0.6) ** 2, axis=1)
        return np.where(points.mean(axis=1) > 0.61, 0.0, height)

    start = np.full(N, 0.2)
    medians = []
    for seed in range(3):
        optimizer = make(name, seed=seed, start=start, epsilon=np.full(N, 0.05))
        learn(optimizer, traversals=45 if name in SLOW_TO_ASK else 1035, function=edge, noise=0.02)
        medians.append(edge(np.atleast_2d(optimizer.best))[0])
    assert np.median(medians) > edge(np.atleast_2d(start))[0] + 0.2  # 0.23 at the start; 1 is the top


@every_optimizer
def test_tell_before_ask(name):
    optimizer = make(name)
    with pytest.raises(ProtocolError, match=r"tell\(\) was called without ask.*call ask\(\) first"):
        optimizer.tell(np.zeros((1, N)), [0.0])


@every_optimizer
def test_tell_twice(name):
    optimizer = make(name)
    points, scores = learn(optimizer, 1)[0]
    with pytest.raises(ProtocolError, match="without ask"):
        optimizer.tell(points, scores)


@every_optimizer
def test_ask_twice(name):
    optimizer = make(name)
    optimizer.ask()
    with pytest.raises(ProtocolError, match=r"ask\(\) was called twice.*call tell\(\)"):
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
def test_stays_inside_the_cube_whatever_is_told(name):
    @settings(max_examples=4 if name in SLOW_TO_ASK else 30, deadline=None)
    @given(
        start=st.lists(st.floats(0, 1), min_size=2 if name in ("cma-es", "ego-cma") else 1, max_size=4),
        epsilon=st.floats(1e-6, 1e6),
        scores=st.lists(st.floats(-1e6, 1e6), min_size=15, max_size=15),
    )
    def check(start, epsilon, scores):
        optimizer = make(name, start=start, epsilon=np.full(len(start), epsilon))
        for i in range(3 if name in SLOW_TO_ASK else 10):
            points = optimizer.ask()
            optimizer.tell(points, np.resize(np.roll(scores, i), len(points)))
            for array in (points, optimizer.best):
                assert np.all((array >= 0) & (array <= 1))

    check()


@every_optimizer
def test_options_are_resolved_and_used(name):
    assert resolve_options(name)["repeats"] == make(name).repeats
    assert resolve_options(name, {"repeats": 5}) == {**resolve_options(name), "repeats": 5}
    assert make(name, options={"repeats": 5}).repeats == 5
    assert parse_options(name, resolve_options(name)) == parse_options(name)
    assert f"repeats = {make(name).repeats}" in format_toml(resolve_options(name))


@every_optimizer
def test_every_option_is_documented_and_every_entry_has_a_line(name):
    entry = OPTIMIZERS[name]
    assert all(field.description for field in options_spec(name).model_fields.values())
    assert entry.summary
    assert "\n" not in entry.summary


@every_optimizer
@pytest.mark.parametrize("repeats", [0, -1, 2.5, True, "3"])
def test_a_bad_option_value_is_refused(name, repeats):
    with pytest.raises(InputError, match=f"options of {name}: repeats: got"):
        make(name, options={"repeats": repeats})


@every_optimizer
def test_an_unknown_option_is_refused_with_the_nearest(name):
    with pytest.raises(InputError, match="unknown key 'repeat'; did you mean repeats"):
        make(name, options={"repeat": 3})


@pytest.mark.parametrize("call", [make, resolve_options, parse_options])
def test_an_unknown_optimizer_is_refused_with_the_nearest(call):
    with pytest.raises(InputError, match=r"unknown optimizer 'kohlstone'; did you mean kohl-stone\?"):
        call("kohlstone")


def test_catalog_names():
    assert set(OPTIMIZERS) - NO_CHANCE == {
        "kohl-stone",
        "linear-regression",
        "hill-climbing",
        "genetic-algorithm",
        "cma-es",
        "bayesian",
        "ego-cma",
        "random-search",
    }
    assert set(OPTIMIZERS) > NO_CHANCE


@every_optimizer
def test_numpys_global_generator_is_left_alone(name):
    before = np.random.get_state()  # noqa: NPY002
    learn(make(name), 3)
    after = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]


def test_unit_has_length_one_and_leaves_zero():
    np.testing.assert_allclose(unit(np.array([3.0, -4.0])), [0.6, -0.8], rtol=1e-15)
    np.testing.assert_allclose(unit(np.array([3e-200, 4e-200])), [0.6, 0.8], rtol=1e-15)  # squares underflow
    np.testing.assert_array_equal(unit(np.zeros(2)), [0.0, 0.0])
