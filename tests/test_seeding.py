"""Seeds: another one at every place of a run, the same one every time."""

import itertools

import numpy as np
import pytest

from gaitopt.seeding import Stream, generator, traversal_seed

PLACES = list(itertools.product(range(4), range(15), range(3)))


def test_distinct_places_have_distinct_seeds():
    seeds = [traversal_seed(run, Stream.LEARNING, *place) for run in range(5) for place in PLACES]
    seeds += [traversal_seed(run, Stream.FRESH, repeat) for run in range(5) for repeat in range(100)]
    assert len(set(seeds)) == len(seeds)


def test_places_are_told_apart_by_order_and_by_length():
    places = [(1, 2, 3), (3, 2, 1), (1, 2), (1, 2, 0), (1, 2, 0, 0), (), (0,), (0, 0)]
    assert len({traversal_seed(0, Stream.FRESH, *place) for place in places}) == len(places)


@pytest.mark.parametrize("run", [0, 1, 2**31, 2**63])
def test_the_same_place_has_the_same_seed(run):
    place = (run, Stream.LEARNING, 3, 4, 1)
    assert traversal_seed(*place) == traversal_seed(*place)
    assert generator(run, Stream.OPTIMIZER).random() == generator(run, Stream.OPTIMIZER).random()


def test_seeds_are_those_of_numpys_seed_sequence():
    """By hand: a spawn key is (stream, *place); the upper 63 bits of the first word of state."""
    sequence = np.random.SeedSequence(42, spawn_key=(2, 7))
    assert traversal_seed(42, Stream.FRESH, 7) == int(sequence.generate_state(1, np.uint64)[0]) >> 1


def test_seeds_fit_a_signed_64_bit_integer():
    seeds = [traversal_seed(run, Stream.FRESH, 0) for run in range(2000)]
    assert min(seeds) >= 0
    assert max(seeds) < 2**63
    assert max(seeds) > 2**62  # they do use their bits


def test_streams_do_not_run_together():
    draws = [generator(5, stream).random(100) for stream in Stream]
    for one, other in itertools.combinations(draws, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.4
        assert not np.isin(one, other).any()
