"""The trust region's box: its shape, and how it follows success."""

import numpy as np
import pytest

from gaitopt.optim.trust_region import SMALLEST, TrustRegion


def test_the_box_lies_around_the_center_inside_the_cube():
    low, high = TrustRegion(0.4, 4, 3).box(np.array([0.5, 0.1, 0.9]), np.ones(3))
    np.testing.assert_allclose(low, [0.3, 0.0, 0.7])
    np.testing.assert_allclose(high, [0.7, 0.3, 1.0])


def test_the_box_is_long_where_the_function_changes_slowly():
    low, high = TrustRegion(0.2, 4, 3).box(np.full(3, 0.5), np.array([1.0, 2.0, 4.0]))
    np.testing.assert_allclose(high - low, [0.1, 0.2, 0.4])
    low, high = TrustRegion(0.2, 4, 2).box(np.full(2, 0.5), np.array([1e-2, 1e2]))
    np.testing.assert_allclose(high - low, [0.2 / 3, 0.6])


def test_three_successes_in_a_row_double_it_but_never_beyond_its_first_side():
    region = TrustRegion(0.4, 4, 12)
    for _ in range(5):
        region.update(0.1)
    assert region.side == 0.2
    sides = []
    for top in (0.2, 0.3, 0.3, 0.4, 0.5, 0.5001, 0.6, 0.7, 0.8):  # 0.3 again and 0.5001 are failures
        region.update(top)
        sides.append(region.side)
    assert sides == [0.2] * 8 + [0.4]
    for top in (0.9, 1.0, 1.1, 1.2, 1.3, 1.4):
        region.update(top)
    assert region.side == 0.4


@pytest.mark.parametrize(("batch", "patience"), [(4, 4), (2, 6), (12, 4)])
def test_failures_in_a_row_halve_it(batch, patience):
    region = TrustRegion(0.4, batch, 12)
    region.update(0.5)
    for _ in range(patience - 1):
        region.update(0.5)
    assert region.side == 0.4
    region.update(0.4)
    assert region.side == 0.2


def test_too_small_it_starts_anew():
    region = TrustRegion(0.4, 4, 4)
    seen = set()
    for _ in range(100):
        region.update(0.0)
        seen.add(region.side)
    assert SMALLEST <= min(seen) < 2 * SMALLEST
    assert max(seen) == 0.4
