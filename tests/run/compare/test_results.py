"""What a comparison says of its curves: by hand, and the bootstrap by what is known of it."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from gaitopt.run.compare.budget import Steps, Traversals
from gaitopt.run.compare.results import (
    Curve,
    Interval,
    gain,
    median_interval,
    reach,
    spent_until,
    summarize_method,
)

POINTS = (0, 25, 50, 75, 100, 120)


def curve(scores, since=POINTS, seed=1, **changes):
    numbers = {"fresh_fell": (0, 0, 0, 0, 0, seed), "spent": 110 + seed, "walks": 110 + seed}
    numbers |= {"fell": 10 * seed, "wall_s": 10.0 * seed}
    return Curve("climber", seed, POINTS, tuple(since), tuple(scores), **numbers | {"overhead_s": 0.5} | changes)


def test_checkpoints_lie_within_the_budget_and_end_with_it():
    assert Traversals(1035).checkpoints() == (100, 250, 500, 1035)
    assert Traversals(135).checkpoints() == (100, 135)
    assert Traversals(100).checkpoints() == (100,)
    assert Traversals(20).checkpoints() == (20,)
    assert Traversals(2000).checkpoints() == (100, 250, 500, 1035, 2000)


def test_the_checkpoints_of_steps_are_round_numbers_of_any_budget():
    assert Steps(200_000).checkpoints() == (25_000, 50_000, 100_000, 200_000)
    assert Steps(150_000).checkpoints() == (25_000, 50_000, 100_000, 150_000)
    assert Steps(1_000_000).checkpoints() == (100_000, 250_000, 500_000, 1_000_000)
    assert Steps(144).checkpoints() == (25, 50, 100, 144)
    assert Steps(20).points() == (0, 1, 2, 5, 10, 15, 20)  # neither 2.5 nor 7.5
    assert len(Steps(200_000).points()) == 13


@pytest.mark.parametrize("kind", [Traversals, Steps])
@pytest.mark.parametrize("amount", [1, 2, 20, 25, 100, 120, 135, 1035, 5000, 20_000, 250_000, 10_000_000])
def test_the_points_of_a_curve_begin_at_the_start_and_hold_all_checkpoints(kind, amount):
    budget = kind(amount)
    points = budget.points()
    assert (points[0], points[-1]) == (0, amount)
    assert list(points) == sorted(set(points))
    assert set(budget.checkpoints()) <= set(points)
    assert budget.checkpoints()[-1] == amount
    assert len(budget.checkpoints()) <= 5


def test_the_interval_of_three_values_by_counting_all_resamples():
    """27 equally likely resamples of 1, 2, 5: 7 have the median 1, 13 the median 2, 7 the median 5."""
    medians = [float(np.median(drawn)) for drawn in itertools.product([1.0, 2.0, 5.0], repeat=3)]
    assert [medians.count(value) for value in (1.0, 2.0, 5.0)] == [7, 13, 7]
    assert median_interval([5.0, 1.0, 2.0], np.random.default_rng(0)) == Interval(2.0, 1.0, 5.0)


def test_the_interval_agrees_with_the_exact_distribution_of_a_resampled_median():
    """Of 1 to 101, a resample's median is at most k with the chance that 51 or more of 101 draws are at most k."""
    exact = [stats.binom.sf(50, 101, k / 101) for k in range(1, 102)]
    low, high = (1 + np.searchsorted(exact, chance) for chance in (0.025, 0.975))
    mine = median_interval(range(1, 102), np.random.default_rng(0))
    assert (mine.median, mine.low, mine.high) == (51, pytest.approx(low, abs=1), pytest.approx(high, abs=1))
    # Negative control: the interval of the mean is a third narrower.
    mean_low, mean_high = 51 + 1.96 * np.array([-1, 1]) * np.arange(1, 102).std() / 101**0.5
    assert mine.low < mean_low - 2
    assert mine.high > mean_high + 2


def test_one_seed_has_no_interval():
    assert median_interval([0.4], np.random.default_rng(0)) == Interval(0.4, 0.4, 0.4)


def test_a_score_is_reached_when_the_gait_was_recommended_not_when_it_was_looked_at():
    rising = curve([0.1, 0.2, 0.3, 0.4, 0.4, 0.5], since=(0, 22, 45, 70, 70, 119))
    assert [spent_until(rising, score) for score in (0.05, 0.2, 0.25, 0.4, 0.45, 0.51)] == [
        0, 22, 45, 70, 119, math.inf,
    ]  # fmt: skip


def test_the_median_needs_half_of_the_seeds():
    fast, slow, never = (curve([0, 0, value, value, value, end]) for value, end in ((0.5, 0.5), (0.1, 0.5), (0.1, 0.1)))
    assert reach([fast, slow, never], 0.9, 0.5).median == 120
    assert reach([fast, slow, never], 0.9, 0.5).reached == 2
    assert reach([fast, never, never], 0.9, 0.5).median == math.inf
    assert reach([never], 0.9, 0.5) == reach([never, never], 0.95, 0.5).__class__(math.inf, 0)


@pytest.mark.parametrize("best", [0.0, -0.3])
def test_of_nothing_there_is_no_part_to_reach(best):
    told = reach([curve([0.0] * 6)], 0.9, best)
    assert math.isnan(told.median)
    assert told.reached == 0


def test_a_line_of_the_table_by_hand():
    curves = [curve([0.1, 0.1, 0.2, 0.2, 0.3 * seed, 0.4 * seed], seed=seed) for seed in (1, 2, 3)]
    told = summarize_method(curves, Traversals(120), 1.0, np.random.default_rng(0))
    assert (told.method, told.seeds) == ("climber", 3)
    assert {point: interval.median for point, interval in told.at.items()} == pytest.approx({100: 0.6, 120: 0.8})
    assert (told.at[120].low, told.at[120].high) == pytest.approx((0.4, 1.2))
    assert {part: (r.median, r.reached) for part, r in told.reach.items()} == {0.9: (math.inf, 1), 0.95: (math.inf, 1)}
    assert (told.fell, told.learned_in, told.fresh_fell) == (60, 336, 6)
    assert (told.spent, told.wall_s) == (112, 20)
    assert told.overhead == pytest.approx(1.5 / 60)
    # From 0.1 to 0.4, 0.8 and 1.2.
    assert (told.gain.median, told.gain.low, told.gain.high) == pytest.approx((7, 3, 11))


def test_over_a_start_that_is_worth_nothing_there_is_no_gain():
    for start in (0.0, -0.2):
        hopeless = curve([start, 0.1, 0.2, 0.3, 0.4, 0.5], overhead_s=math.nan)
        assert math.isnan(gain(hopeless))
        told = summarize_method([hopeless, hopeless], Traversals(120), 0.5, np.random.default_rng(0))
        assert math.isnan(told.gain.median)
        assert math.isnan(told.overhead)
    assert gain(curve([0.2, 0, 0, 0, 0, 0.3])) == pytest.approx(0.5)
