"""ONNX models against the policies they were made of, run by ONNX Runtime, which knows nothing of gaitopt."""

import json
import sys
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
from walking_policies import GAUSSIAN, observations, random_policy, random_trained

from gaitopt.errors import InputError
from gaitopt.gait.cycle import cycle
from gaitopt.gait.parameters import PARAMETER_NAMES
from gaitopt.rl.policies.files import make_policy
from gaitopt.robot.spec import load_robot
from gaitopt.run.train.onnx_export import describe, export_onnx, policy_model
from gaitopt.scenario.spec import load_scenario
from gaitopt.walk.policy_controller import STEERING, Interface

SIZE, ACTIONS = 32, 24
EXACT = 1e-5
SCENARIO = load_scenario("field")


def run(model, seen):
    """Return the outputs of a model by name."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"observation": seen}), strict=True))


def seen_by(rng, count=200):
    """Return observations as a model takes them; one is far beyond all others."""
    seen = observations(SIZE, count, rng).astype(np.float32)
    seen[0] *= 1000
    return seen


def expected(policy, seen):
    return np.clip(policy.mode(seen.astype(np.float64)), -1.0, 1.0)


@pytest.mark.parametrize("kind", GAUSSIAN)
@pytest.mark.parametrize("weights", [0.02, 0.3])
def test_the_model_gives_the_mean_of_a_gaussian_policy_cut_off(kind, weights):
    policy = random_policy(kind, SIZE, ACTIONS, weights)
    seen = seen_by(np.random.default_rng(2))
    action = run(policy_model(policy, {}), seen)["action"]
    assert (action.shape, action.dtype) == ((200, ACTIONS), np.float32)
    np.testing.assert_allclose(action, expected(policy, seen), rtol=0, atol=EXACT)
    cut = np.abs(action) == 1.0
    assert cut.any() or weights < 0.1
    assert not cut.all()
    np.testing.assert_array_equal(run(policy_model(policy, {}), seen[:1])["action"].shape, (1, ACTIONS))


def test_the_model_gives_logits_and_the_most_probable_action_of_a_softmax_policy():
    policy = random_policy("softmax", SIZE, 9)
    seen = seen_by(np.random.default_rng(3))
    given = run(policy_model(policy, {}), seen)
    logits = given["logits"].astype(np.float64)
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, policy.probabilities(seen.astype(np.float64)), rtol=0, atol=EXACT)
    np.testing.assert_array_equal(given["action"], policy.mode(seen.astype(np.float64)))
    assert len(set(given["action"].tolist())) > 3


def test_among_equally_probable_actions_it_takes_the_first_as_the_policy_does():
    policy = random_policy("softmax", SIZE, 9, weights=0.0)
    seen = seen_by(np.random.default_rng(3))
    np.testing.assert_array_equal(run(policy_model(policy, {}), seen)["action"], policy.mode(seen))


@pytest.mark.parametrize("kind", GAUSSIAN)
def test_without_normalization_it_differs(kind):
    """Negative control: the same weights in a policy that does not normalize."""
    policy = random_policy(kind, SIZE, ACTIONS)
    bare = make_policy(kind, policy.options() | {"normalize": False})
    bare.parameters = policy.parameters
    seen = seen_by(np.random.default_rng(4))
    action = run(policy_model(bare, {}), seen)["action"]
    np.testing.assert_allclose(action, expected(bare, seen), rtol=0, atol=EXACT)
    assert np.abs(action - expected(policy, seen)).mean() > 0.1


@pytest.fixture(scope="module")
def trained():
    return random_trained("aibo-ers7", Interface(), "gaussian-mlp")


@pytest.fixture(scope="module")
def told(trained, tmp_path_factory):
    """The metadata in an exported file, as any reader of ONNX finds them; texts that are JSON, read as such."""
    path = tmp_path_factory.mktemp("onnx") / "policy.onnx"
    export_onnx(path, trained, load_robot("aibo-ers7"), SCENARIO)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    texts = {entry.key: entry.value for entry in model.metadata_props}
    assert "Once a control period" in model.doc_string
    return {key: json.loads(text) if text[0] in "[{0123456789" else text for key, text in texts.items()}


def test_the_metadata_name_every_number(told, trained):
    robot = load_robot("aibo-ers7")
    assert told["joint_names"] == list(robot.joint_names)
    assert tuple(number["name"] for number in told["observation"]) == trained.about.observation
    assert tuple(number["name"] for number in told["action"]) == trained.about.action
    units = {number["name"]: number["unit"] for number in told["observation"] + told["action"]}
    assert (units["roll"], units["yaw rate"], units["front_left_knee lag"]) == ("rad", "rad/s", "rad")
    assert (units["length"], units["skew"], units["cycle_time"]) == ("m", "1", "s")
    assert (told["robot"], told["scenario"], told["algorithm"]) == ("aibo-ers7", "field", "none")
    assert (told["command_period_s"], told["control_period_s"]) == (0.008, 0.032)
    assert told["gait"]["cycle_time_s"] == trained.gait.parameters.cycle_time
    assert set(told["versions"]) >= {"gaitopt", "numpy", "onnx"}
    assert told["heading_hold"] == {"look_ahead_m": 0.5, "gain": 1.6, "limit": 0.6}


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("name", ["front_height", "rear_fore", "length", "skew", "duty_factor"])
def test_the_metadata_scale_actions_as_the_walk_does(told, trained, name, end):
    """With the action at one end for long enough, the joints move as in a gait with that value, made on its own."""
    robot = load_robot("aibo-ers7")
    walk = trained.walk(robot, SCENARIO).gait
    [number] = [number for number in told["action"] if number["name"] == name]
    action = np.zeros(len(told["action"]))
    action[PARAMETER_NAMES.index(name)] = -1.0 if end == "low" else 1.0
    for _ in range(7):  # 0.2 s at least
        walk.angles(action, 4, 0.0)
    gait = replace(trained.gait.parameters, **{name: number[end]})
    table = cycle(gait, robot, gait.cycle_time / 512)
    phase = walk.phase
    assert walk.angles(action, 1, 0.0)[0] == pytest.approx(table.angles[int(phase * 512)], abs=1e-9)


def test_the_metadata_scale_cycle_time_and_joints_as_the_walk_does(told, trained):
    walk = trained.walk(load_robot("aibo-ers7"), SCENARIO).gait
    ends = {number["name"]: (number["low"], number["high"]) for number in told["action"]}
    action = np.zeros(len(told["action"]))
    action[PARAMETER_NAMES.index("cycle_time")], action[-1] = 1.0, -1.0
    for _ in range(7):
        walk.angles(action, 4, 0.0)
    phase = walk.phase
    moved = walk.angles(action, 1, 0.0)
    assert (walk.phase - phase) % 1.0 == pytest.approx(0.008 / ends["cycle_time"][1])
    walk.phase = phase
    action[-1] = 0.0
    last = trained.about.action[-1]
    assert moved[0, -1] - walk.angles(action, 1, 0.0)[0, -1] == pytest.approx(ends[last][0])


def test_discrete_actions_are_named_in_their_order():
    steering = random_trained("aibo-ers7", STEERING, "softmax")
    about = describe(steering, load_robot("aibo-ers7"), SCENARIO)
    assert [choice["name"] for choice in about["action"]] == list(steering.about.action)
    assert {choice["kind"] for choice in about["action"]} == {"choice"}
    assert (
        about["gait_reach"]["cycle_time_s"][0] < about["gait"]["cycle_time_s"] < about["gait_reach"]["cycle_time_s"][1]
    )


def test_the_same_policy_gives_the_same_bytes(trained, tmp_path):
    paths = [tmp_path / name for name in ("one.onnx", "two.onnx")]
    for path in paths:
        export_onnx(path, trained, load_robot("aibo-ers7"), SCENARIO)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_without_the_package_the_extra_is_named_and_nothing_written(trained, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match=r"--format onnx needs the package onnx: pip install 'gaitopt\[onnx\]'"):
        export_onnx(tmp_path / "policy.onnx", trained, load_robot("aibo-ers7"), SCENARIO)
    assert list(tmp_path.iterdir()) == []


def test_another_robots_policy_is_refused(trained, tmp_path):
    with pytest.raises(InputError, match=r"policy: is a gait of aibo-ers7; expected one of aibo-ers210"):
        export_onnx(tmp_path / "policy.onnx", trained, load_robot("aibo-ers210"), SCENARIO)
