import dataclasses
import platform

import numpy as np
import pytest

import gaitopt
from gaitopt.errors import InputError
from gaitopt.gait.gait_file import Gait, load_gait
from gaitopt.gait.parameters import GaitParameters
from gaitopt.robot.spec import load_robot
from gaitopt.run.learn.settings import LearnSettings, check_budget, new_optimizer


def test_what_is_not_given_is_filled_in(settings):
    given = {k: v for k, v in settings.items() if k not in ("name", "options", "fresh")} | {"traversals": 45}
    config = LearnSettings(**given)
    assert config.name == "aibo-ers7-kohl-stone"
    assert config.options == {"policies": 15, "repeats": 3, "eta": 2.0}
    assert config.fresh == 20
    assert config.engine.name == "pybullet"
    assert config.gait.parameters["cycle_time"] == 0.64
    assert config.start_gait == load_gait("hand-tuned", settings["robot"]).parameters


def test_versions_name_what_computed(make_run):
    versions = make_run().provenance.versions
    assert versions["python"] == platform.python_version()
    assert versions["gaitopt"] == gaitopt.__version__
    assert versions["numpy"] == np.__version__
    assert versions["pybullet"][0].isdigit()
    assert versions["git"]


# What one iteration costs with the defaults: 15 policies x 3, (12 + 1) points x 3, 15 points x 3.
@pytest.mark.parametrize(("optimizer", "cost"), [("kohl-stone", 45), ("forward-difference", 39), ("random-search", 45)])
def test_a_budget_must_pay_for_an_iteration(settings, optimizer, cost):
    given = settings | {"optimizer": optimizer, "options": {}}
    check_budget(LearnSettings(**given | {"traversals": cost}))
    with pytest.raises(InputError, match=f"traversals: got {cost - 1}; one iteration of {optimizer} takes {cost}"):
        check_budget(LearnSettings(**given | {"traversals": cost - 1}))


def bad(parameters, **changes):
    return Gait("aibo-ers7", dataclasses.replace(parameters, **changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"optimizer": "kohl-ston"}, "unknown optimizer 'kohl-ston'; did you mean kohl-stone"),
        ({"options": {"polices": 3}}, "unknown key 'polices'; did you mean policies"),
        ({"options": {"policies": 1}}, "policies: got 1; expected greater than or equal to 2"),
        ({"options": {"eta": float("nan")}}, "eta: got nan; expected a finite number"),
        ({"name": "a/b"}, "name: got 'a/b'"),
        ({"name": "../b"}, "name: got '../b'"),
        ({"name": ".hidden"}, "name: got '.hidden'"),
        ({"name": "two\nlines"}, r"name: got 'two\\nlines'"),
        ({"name": "a" * 101}, "at most 100 letters"),
        ({"traversals": 0}, "traversals: got 0"),
        ({"seed": -1}, "seed: got -1"),
        ({"seed": 1.5}, "seed: got 1.5"),
        ({"fresh": 1}, "fresh: got 1"),
    ],
)
def test_settings_that_cannot_be_used_are_named(settings, changes, words):
    with pytest.raises(InputError, match=words) as caught:
        LearnSettings(**settings | changes)
    assert "\n" not in str(caught.value)


def test_the_start_must_be_a_gait_of_the_robot(settings):
    ers210 = load_robot("aibo-ers210")
    with pytest.raises(InputError, match="gait: is a gait of aibo-ers210; expected one of aibo-ers7"):
        LearnSettings(**settings | {"gait": load_gait("hand-tuned", ers210)})
    start = load_gait("hand-tuned", settings["robot"]).parameters
    for gait in (bad(start, length=0.5), bad(start, length=0.5).parameters, {**vars(start), "length": 0.5}):
        with pytest.raises(InputError, match=r"gait: gait parameter length: got 0\.5 m; expected"):
            LearnSettings(**settings | {"gait": gait})


def test_the_optimizer_begins_at_the_start_and_depends_on_the_seed(settings, small_config):
    low = np.array([small_config.robot.gait[name].low for name in vars(small_config.start_gait)])
    high = np.array([small_config.robot.gait[name].high for name in vars(small_config.start_gait)])
    best = GaitParameters.from_vector(low + new_optimizer(small_config).best * (high - low))
    assert vars(best) == pytest.approx(vars(load_gait("hand-tuned", settings["robot"]).parameters), abs=1e-12)
    asked = [new_optimizer(small_config).ask() for _ in range(2)]
    other = new_optimizer(LearnSettings(**settings | {"seed": 6})).ask()
    assert np.array_equal(*asked)
    assert not np.array_equal(asked[0], other)


def test_an_informed_search_sees_how_the_paws_would_move(settings):
    """The same first points; then, from the same scores, others than by coordinates alone."""
    given = settings | {"optimizer": "bayesian", "traversals": 60}
    informed, blind = (new_optimizer(LearnSettings(**given | {"options": {"informed": yes}})) for yes in (True, False))
    first = informed.ask()
    np.testing.assert_array_equal(first, blind.ask())
    for optimizer in (informed, blind):
        optimizer.tell(first, first[:, 6])
    assert not np.array_equal(informed.ask(), blind.ask())
