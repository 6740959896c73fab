"""Robots behind emulated firmware, for tests of what stands above the drivers."""

import pytest
from serial_rigs import ROBOTS, Rig

from gaitopt.hal.real import last_resort


@pytest.fixture(params=list(ROBOTS))
def kind(request):
    return request.param


@pytest.fixture
def make():
    """Make rigs, and close them after the test."""
    rigs = []

    def make_rig(kind, **settings):
        rigs.append(Rig(kind, **settings))
        return rigs[-1]

    yield make_rig
    for rig in rigs:
        rig.body.close()
    assert not last_resort._armed


@pytest.fixture
def rig(kind, make):
    return make(kind)
