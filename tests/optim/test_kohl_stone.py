"""Kohl & Stone's estimator against hand arithmetic, plain loops and the true gradient."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitopt.errors import InputError
from gaitopt.optim.arrays import unit
from gaitopt.optim.catalog import make_optimizer, resolve_options
from gaitopt.optim.kohl_stone import KohlStone, KohlStoneOptions, adjustment

# Seven policies, six parameters; one column for each parameter. By hand:
#   0  unequal groups    Avg+ = (10+8)/2 = 9     Avg0 = (6+2)/2 = 4      Avg- = (9+11+3)/3 = 23/3   A = 4/3
#                        (by sums: 18 - 23 = -5, the wrong way)
#   1  0 beats both      Avg+ = (8+6)/2 = 7      Avg0 = (10+9+11)/3 = 10 Avg- = (2+3)/2 = 2.5       A = 0
#                        (without the rule: 4.5)
#   2  0 beats only -    Avg+ = (10+11)/2 = 10.5 Avg0 = (8+9)/2 = 8.5    Avg- = (6+2+3)/3 = 11/3    A = 41/6
#   3  0 equals +        Avg+ = 9                Avg0 = (10+8)/2 = 9     Avg- = (6+2+11+3)/4 = 5.5  A = 3.5
#   4  no 0 group        Avg+ = (10+8+6)/3 = 8                           Avg- = (2+9+11+3)/4 = 6.25 A = 1.75
#   5  no + group                                Avg0 = (10+8+6)/3 = 8   Avg- = 6.25                A = 0
SCORES = np.array([10.0, 8.0, 6.0, 2.0, 9.0, 11.0, 3.0])
SIGNS = np.array(
    [
        [+1, 0, +1, 0, +1, 0],
        [+1, +1, 0, 0, +1, 0],
        [0, +1, -1, -1, +1, 0],
        [0, -1, -1, -1, -1, -1],
        [-1, 0, 0, +1, -1, -1],
        [-1, 0, +1, -1, -1, -1],
        [-1, -1, -1, -1, -1, -1],
    ]
)
BY_HAND = np.array([4 / 3, 0, 41 / 6, 3.5, 1.75, 0])


def average(scores):
    return sum(scores) / len(scores)


def by_loops(signs, scores, value=average, zero_wins=lambda plus, zero, minus: zero > plus and zero > minus):
    """Return A as in the paper, one parameter after the other; the other rules are negative controls."""
    a = []
    for column in np.transpose(signs):
        groups = {sign: [s for s, c in zip(scores, column, strict=True) if c == sign] for sign in (1, 0, -1)}
        if not groups[1] or not groups[-1]:
            a.append(0.0)
            continue
        plus, minus = value(groups[1]), value(groups[-1])
        beaten = bool(groups[0]) and zero_wins(plus, value(groups[0]), minus)
        a.append(0.0 if beaten else plus - minus)
    return np.array(a)


def test_adjustment_by_hand():
    np.testing.assert_allclose(adjustment(SIGNS, SCORES), BY_HAND, rtol=1e-14)


def test_plain_loops_by_hand():
    np.testing.assert_allclose(by_loops(SIGNS, SCORES), BY_HAND, rtol=1e-14)


@pytest.mark.parametrize(
    ("rule", "column"),
    [
        ({"value": sum}, 0),
        ({"zero_wins": lambda plus, zero, minus: False}, 1),
        ({"zero_wins": lambda plus, zero, minus: zero > minus}, 2),
        ({"zero_wins": lambda plus, zero, minus: zero >= plus and zero >= minus}, 3),
    ],
    ids=["sums for means", "no zero rule", "zero beats one", "zero draws"],
)
def test_a_plausible_wrong_rule_fails_the_hand_case(rule, column):
    assert by_loops(SIGNS, SCORES, **rule)[column] != pytest.approx(BY_HAND[column])


@st.composite
def batches(draw):
    t, n = draw(st.integers(2, 15)), draw(st.integers(1, 5))
    row = st.lists(st.sampled_from([-1, 0, 1]), min_size=n, max_size=n)
    signs = draw(st.lists(row, min_size=t, max_size=t))
    scores = draw(st.lists(st.integers(-100, 100), min_size=t, max_size=t))
    return np.array(signs), np.array(scores, dtype=float) * 60  # so that 1/2, 1/3, 1/4, 1/5 are exact


@given(batches())
def test_adjustment_equals_plain_loops(batch):
    # Averages round, so a draw may fall either way: no draws here, they are left to the hand case.
    signs, scores = batch
    scores = scores + np.sqrt(2) * np.arange(len(scores)) ** 1.5
    np.testing.assert_allclose(adjustment(signs, scores), by_loops(signs, scores), rtol=1e-9, atol=1e-9)


@given(batches())
def test_mirrored_perturbations_mirror_the_adjustment(batch):
    signs, scores = batch
    np.testing.assert_array_equal(adjustment(-signs, scores), -adjustment(signs, scores))


@given(batches(), st.floats(-1e3, 1e3))
def test_equal_scores_teach_nothing(batch, score):
    signs, scores = batch
    np.testing.assert_array_equal(adjustment(signs, np.full_like(scores, score)), 0.0)


def make(start, epsilon, seed=1, **options):
    return KohlStone(start, epsilon, np.random.default_rng(seed), KohlStoneOptions(**options))


def test_defaults_are_the_papers():
    assert resolve_options("kohl-stone") == {"repeats": 3, "policies": 15, "eta": 2.0}
    assert make([0.5], [0.1]).batch == 15


@pytest.mark.parametrize("options", [{"policies": 1}, {"policies": 15.0}, {"eta": 0.0}, {"eta": np.nan}])
def test_options_out_of_range(options):
    with pytest.raises(InputError, match="options of kohl-stone: "):
        make_optimizer("kohl-stone", [0.5], [0.1], np.random.default_rng(1), options)


def test_each_parameter_is_raised_kept_or_lowered_with_equal_chance():
    epsilon = np.array([0.01, 0.02, 0.03])
    moved = (make(np.full(3, 0.5), epsilon, policies=30_000).ask() - 0.5) / epsilon
    signs = np.rint(moved)
    np.testing.assert_allclose(moved, signs, atol=1e-12)
    for group in (-1, 0, 1):
        share = (signs == group).mean(axis=0)  # standard deviation sqrt(2/9 / 30000) = 0.0027
        np.testing.assert_allclose(share, 1 / 3, atol=0.014)
    assert np.abs(np.corrcoef(signs.T) - np.eye(3)).max() < 0.03  # parameters are changed independently


def test_one_iteration_by_plain_loops():
    start, epsilon, eta = np.array([0.4, 0.5, 0.6]), np.array([0.02, 0.04, 0.01]), 1.5
    optimizer = make(start, epsilon, eta=eta)
    points = optimizer.ask()
    scores = np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.0, 6.0, 5.0, 3.5, 8.0, 9.5, 7.0, 9.2, 3.2, 3.8])
    a = by_loops(np.rint((points - start) / epsilon), scores)
    expected = start + eta * a / np.sqrt(np.sum(a**2)) * epsilon
    optimizer.tell(points, scores)
    np.testing.assert_allclose(policy_of(optimizer.ask(), epsilon), expected, atol=1e-12)


def policy_of(points, epsilon):
    """Return the policy that the points (k, n) were made from; each coordinate must have gone up and down."""
    low, high = points.min(axis=0), points.max(axis=0)
    np.testing.assert_allclose(high - low, 2 * np.asarray(epsilon))
    return (low + high) / 2


def test_one_parameter_moves_by_eta_epsilon_exactly():
    optimizer = make([0.5], [0.1], eta=2.0)
    points = optimizer.ask()
    optimizer.tell(points, points[:, 0])
    assert policy_of(optimizer.ask(), [0.1]) == pytest.approx(0.7)


def test_equal_scores_leave_the_policy():
    start, epsilon = np.full(4, 0.5), np.full(4, 0.1)
    optimizer = make(start, epsilon)
    optimizer.tell(optimizer.ask(), np.full(15, 0.1))  # 0.1: its sums round differently for each group's size
    np.testing.assert_allclose(policy_of(optimizer.ask(), epsilon), start, rtol=1e-15)


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


GRADIENT = np.array([3.0, -2.0, 1.0, 0.5, -1.0, 2.0])
UNEVEN = np.array([0.01, 0.04, 0.02, 0.05, 0.02, 0.01])


def test_many_policies_give_the_true_gradient_in_units_of_epsilon():
    optimizer = make(np.full(6, 0.5), UNEVEN, policies=20_000)
    points = optimizer.ask()
    optimizer.tell(points, points @ GRADIENT)
    step = (policy_of(optimizer.ask(), UNEVEN) - 0.5) / UNEVEN
    assert np.linalg.norm(step) == pytest.approx(2.0)
    assert cosine(step, GRADIENT * UNEVEN) > 0.999
    # Negative control: the gradient in units of the cube is another direction.
    assert cosine(step, GRADIENT) < 0.9


def test_fifteen_policies_give_the_true_gradient_on_average():
    rng = np.random.default_rng(1)
    batches_of_signs = rng.integers(-1, 2, size=(400, 15, 6))
    steps = [unit(adjustment(signs, signs @ (GRADIENT * UNEVEN))) for signs in batches_of_signs]
    mean = np.mean(steps, axis=0)
    assert cosine(mean, GRADIENT * UNEVEN) > 0.98
    assert np.linalg.norm(mean) < 0.95  # negative control: a single estimate is noisy


def test_stays_at_a_face_and_leaves_it_when_that_pays():
    optimizer = make([1.0], [0.1])
    for slope, expected in [(+1, 1.0), (-1, 0.8)]:
        points = optimizer.ask()
        assert points.max() == 1.0
        optimizer.tell(points, slope * points[:, 0])
        assert (optimizer.ask() if slope < 0 else points).max() == pytest.approx(min(expected + 0.1, 1.0))


def test_best_is_the_policy_whose_neighborhood_scored_highest():
    start, epsilon = np.full(3, 0.5), np.full(3, 0.02)
    optimizer = make(start, epsilon)
    # The averages of the scores: 5, 7, 6, 7. Best after each is the policy 0, 1, 1 and 1, the first of
    # equals. The third batch holds the best single point of all.
    given = [np.full(15, 5.0), np.full(15, 7.0), np.full(15, 6.0), np.full(15, 7.0)]
    for scores in given:
        scores[:2] += [3.0, -3.0]
    given[2][:2] = [99.0, -87.0]
    policies, best, points, flat = [], [], [], list(itertools.chain(*given))
    for scores in given:
        points.append(optimizer.ask())
        policies.append(policy_of(points[-1], epsilon))
        optimizer.tell(points[-1], scores)
        best.append(optimizer.best)
    np.testing.assert_allclose(best, [policies[i] for i in (0, 1, 1, 1)], atol=1e-12)
    # Negative controls: neither the best single point nor the last policy.
    assert not np.allclose(best[-1], np.vstack(points)[np.argmax(flat)])
    assert not np.allclose(best[-1], policies[-1])
