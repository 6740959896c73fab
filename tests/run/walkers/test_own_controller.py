"""A user's own controller: it walks like any walker, and what is wrong with it is said in one line."""

import own_controllers
import pytest
from own_controllers import BAD, Plain, Sway

from gaitopt.errors import BodyError, GaitoptError, InputError
from gaitopt.hal.body import Capabilities
from gaitopt.run.evaluate import evaluate, traverse
from gaitopt.run.walkers.own_controller import OwnWalker
from gaitopt.run.walkers.walker import Pacing
from gaitopt.view.video import record_video
from gaitopt.walk.perception import check_sensors


@pytest.fixture(scope="module")
def where(ers7, tiny_field):
    return ers7, tiny_field


def test_a_class_a_place_and_a_ready_controller_walk_the_same_in_any_number_of_processes(where):
    expected = evaluate(Sway, *where, repeats=3, workers=1)
    ready = Sway(*where)
    for choice in ("own_controllers:Sway", ready, OwnWalker(Sway)):
        assert evaluate(choice, *where, repeats=3, workers=1) == expected
    assert ready._done == 0  # copies of it walked
    assert evaluate(Sway, *where, repeats=3, workers=2) == expected
    assert evaluate(ready, *where, repeats=3, workers=2) == expected
    assert evaluate(Plain, *where, repeats=3) != expected


def test_a_controller_made_anew_for_each_traversal_forgets_the_one_before(where):
    """Negative control: a controller that goes on counting walks otherwise."""
    walker = OwnWalker(Sway)
    controller = walker.controller(*where)
    first = traverse(walker, *where, seed=1)
    assert first == traverse(walker, *where, seed=1)
    went_on = Sway(*where)
    went_on._done = 5
    assert traverse(went_on, *where, seed=1) != first
    assert (controller.unreachable, controller.saturated) == (0.0, 0.0)  # it has none of its own


def test_a_gait_by_a_controller_of_ones_own_is_that_gait(where):
    own, gait = evaluate(Plain, *where, repeats=2), evaluate("hand-tuned", *where, repeats=2)
    assert own == gait


def test_it_can_be_filmed(where, tmp_path):
    walks = record_video(tmp_path / "own.gif", {"own": Sway, "gait": "hand-tuned"}, *where, seed=2)
    assert walks[0] == traverse(Sway, *where, seed=2)
    assert (tmp_path / "own.gif").stat().st_size > 1000


@pytest.mark.parametrize(("choice", "said"), BAD, ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_wrong_is_said_in_one_line(where, choice, said):
    with pytest.raises(GaitoptError, match=said) as caught:
        evaluate(choice, *where, repeats=1)
    assert "\n" not in str(caught.value)


def test_an_error_in_a_worker_process_is_the_same_line(where):
    with pytest.raises(InputError, match="controller Raises: drive raised ZeroDivisionError: of its own"):
        evaluate(own_controllers.Raises, *where, repeats=2, workers=2)


def test_what_cannot_be_pickled_walks_in_this_process_alone(where):
    def factory(robot, scenario):
        return Sway(robot, scenario)

    for choice in (factory, lambda robot, scenario: Sway(robot, scenario)):
        assert evaluate(choice, *where, repeats=2, workers=1) == evaluate(Sway, *where, repeats=2)
        with pytest.raises(InputError, match=r"cannot be sent to worker processes: .*; use workers=1, or define it"):
            evaluate(choice, *where, repeats=2, workers=2)


def test_what_a_worker_cannot_import_is_said(where, tmp_path, monkeypatch):
    """As in a notebook, whose classes no other process knows."""
    monkeypatch.setattr(Sway, "__module__", "__main__")
    monkeypatch.setattr("__main__.Sway", Sway, raising=False)
    with pytest.raises(InputError, match=r"controller Sway: cannot be made in a worker process: AttributeError: .*"):
        evaluate(Sway, *where, repeats=2, workers=2)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("own_controllers:Swy", "controller 'own_controllers:Swy' cannot be imported: AttributeError"),
        ("no_such_module:Sway", "controller 'no_such_module:Sway' cannot be imported: ModuleNotFoundError"),
        ("own_controllers:BAD", "walker: got 'own_controllers:BAD'; expected a gait, a policy, a controller of"),
    ],
)
def test_a_place_that_holds_no_controller_is_refused(where, place, said):
    with pytest.raises(InputError, match=said):
        evaluate(place, *where)


def test_equal_choices_have_equal_keys(where):
    assert OwnWalker(Sway).key == OwnWalker("own_controllers:Sway").key != OwnWalker(Plain).key
    one, other = Sway(*where), Sway(*where)
    assert OwnWalker(one).key == OwnWalker(other).key
    other._done = 1
    assert OwnWalker(one).key != OwnWalker(other).key
    unpicklable = OwnWalker(lambda robot, scenario: None)
    assert unpicklable.key == unpicklable.key != OwnWalker(lambda robot, scenario: None).key


def test_it_cannot_be_slowed_and_says_what_it_needs(where):
    with pytest.raises(InputError, match="controller Sway: a controller of your own cannot be slowed down"):
        OwnWalker(Sway).controller(*where, Pacing(slower=2.0))
    assert (OwnWalker(Sway).needs, OwnWalker(Plain).needs) == ((), ("tilt",))
    blind = Capabilities(simulated=False, position=False, joint_torque=False, contacts=False, camera=False, tilt=False)
    with pytest.raises(BodyError, match="a tilt sensor"):
        check_sensors(OwnWalker(Plain).needs, blind, "robot")
