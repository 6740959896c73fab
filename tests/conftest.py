"""What many tests share."""

import signal

import pytest
import ray_rigs
from hypothesis import settings

from gaitopt.gait.gait_file import load_gait
from gaitopt.robot.spec import load_robot, robot_names
from gaitopt.scenario.spec import load_scenario

# The same examples everywhere and every time; no test is judged by the clock.
settings.register_profile("gaitopt", deadline=None, derandomize=True)
settings.load_profile("gaitopt")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in the background of a shell; children would ignore it, too
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", params=robot_names())
def robot(request):
    """Each robot that comes with the package."""
    return load_robot(request.param)


@pytest.fixture(scope="session")
def local_ray():
    """A Ray on this machine, which `--workers ray` then uses; it takes seconds to start."""
    with ray_rigs.local_ray():
        yield


@pytest.fixture(scope="session")
def field():
    """The scenario of Kohl & Stone's traversal."""
    return load_scenario("field")


@pytest.fixture(scope="session")
def ers7():
    return load_robot("aibo-ers7")


@pytest.fixture(scope="session")
def tiny_field(field):
    """The same field, a few steps long."""
    lines = {"length_m": 0.05, "run_up_m": 0.02, "time_limit_s": 1.0}
    return field.model_copy(update={"field": field.field.model_copy(update=lines)})


@pytest.fixture(scope="session")
def short_field(field):
    """The same field, half a metre long."""
    return field.model_copy(update={"field": field.field.model_copy(update={"length_m": 0.5, "time_limit_s": 5.0})})


@pytest.fixture(scope="session")
def hand_tuned(robot):
    """The robot's gait that was tuned by hand."""
    return load_gait("hand-tuned", robot).parameters
