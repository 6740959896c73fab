"""Both engines."""

import pytest
from engine_rigs import ENGINES


@pytest.fixture(scope="session", params=list(ENGINES))
def engine(request):
    """Each physics engine; see `engine_rigs`."""
    return ENGINES[request.param]
