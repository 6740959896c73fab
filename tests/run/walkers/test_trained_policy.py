"""Policy files: what is kept comes back to the bit; what is no policy of this robot is told in one line."""

import io
import json
import os
import pickle
import zipfile

import numpy as np
import pytest
from walking_policies import GAUSSIAN, observations, random_trained

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import load_gait
from gaitopt.rl.policies.files import read_arrays, save_policy, write_arrays
from gaitopt.robot.spec import load_robot
from gaitopt.run.walkers.trained_policy import read_trained
from gaitopt.run.walkers.walk_setup import find_walk
from gaitopt.run.walkers.walker import GaitWalker
from gaitopt.scenario.spec import load_scenario
from gaitopt.walk.controller import GaitController
from gaitopt.walk.policy_controller import STEERING, Interface, PolicyController

ROBOT, SCENARIO = load_robot("aibo-ers7"), load_scenario("field")
KINDS = [*((kind, Interface()) for kind in GAUSSIAN), ("softmax", STEERING)]


@pytest.fixture(scope="module")
def trained():
    return random_trained("aibo-ers7", Interface())


@pytest.fixture
def file(trained, tmp_path):
    path = tmp_path / "policy.npz"
    trained.save(path)
    return path


def refusal(path):
    """Return the one line that says why a file cannot be used."""
    with pytest.raises(InputError) as caught:
        read_trained(path)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"{path}: ")
    return line


def rewrite(path, change):
    """Change the header of a policy file."""
    header, arrays = read_arrays(path)
    change(header)
    write_arrays(path, json.dumps(header), arrays)


@pytest.mark.parametrize(("kind", "interface"), KINDS)
def test_a_policy_comes_back_to_the_bit(kind, interface, tmp_path):
    trained = random_trained("aibo-ers7", interface, kind)
    trained.save(tmp_path / "one.npz")
    again = read_trained(tmp_path / "one.npz")
    assert again.about == trained.about
    assert (again.digest, again.gait) == (trained.digest, trained.gait)
    for name, array in trained.policy.state().items():
        assert again.policy.state()[name].tobytes() == array.tobytes()
    seen = observations(trained.policy.observation_size, 50, np.random.default_rng(0))
    assert [again.act(row).tobytes() for row in seen] == [trained.act(row).tobytes() for row in seen]
    again.save(tmp_path / "two.npz")
    assert (tmp_path / "two.npz").read_bytes() == (tmp_path / "one.npz").read_bytes()


def test_the_digest_tells_policies_apart_by_a_single_bit(trained, file):
    again = read_trained(file)
    parameters = again.policy.parameters.copy()
    parameters[-1] = np.nextafter(parameters[-1], 1.0)
    again.policy.parameters = parameters
    assert again.digest != trained.digest


def test_a_gait_walks_by_itself_and_a_policy_on_its_gait(trained):
    gait = load_gait("hand-tuned", ROBOT)
    assert type(GaitWalker(gait).controller(ROBOT, SCENARIO)) is GaitController
    assert type(trained.controller(ROBOT, SCENARIO)) is PolicyController


def test_another_robots_policy_is_refused(trained, file):
    other = load_robot("aibo-ers210")
    with pytest.raises(InputError, match="policy: is a gait of aibo-ers7; expected one of aibo-ers210"):
        trained.controller(other, SCENARIO)
    with pytest.raises(InputError, match="is a gait of aibo-ers7; expected one of aibo-ers210"):
        find_walk(str(file), robot="aibo-ers210")


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_pickle_is_never_opened(tmp_path):
    path, trap = tmp_path / "policy.npz", tmp_path / "sprung"
    path.write_bytes(pickle.dumps(Evil(trap)))
    assert "is not a file of arrays with a header" in refusal(path)
    buffer = io.BytesIO()
    np.savez(buffer, header=np.array(json.dumps({})), parameters=np.array([Evil(trap)], dtype=object))
    path.write_bytes(buffer.getvalue())
    assert "is not a file of arrays with a header" in refusal(path)
    assert not trap.exists()
    np.load(path, allow_pickle=True)["parameters"]  # negative control: the trap works
    assert trap.exists()


def test_a_damaged_file_is_told(file):
    whole = file.read_bytes()
    for broken in (b"", b"PK\x03\x04", whole[:100], whole[: len(whole) // 2], whole[:-30]):
        file.write_bytes(broken)
        assert "is not a file of arrays with a header" in refusal(file)
    place = whole.index(b"\x93NUMPY", whole.index(b"parameters.npy")) + 200
    file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    assert "is not a file of arrays with a header: Bad CRC-32" in refusal(file)


def test_a_file_that_is_not_there_or_a_folder(tmp_path):
    assert "cannot be read: No such file or directory" in refusal(tmp_path / "nowhere.npz")
    (tmp_path / "folder.npz").mkdir()
    assert "cannot be read: Is a directory" in refusal(tmp_path / "folder.npz")


def test_a_file_of_other_arrays_is_no_policy(tmp_path):
    path = tmp_path / "arrays.npz"
    np.savez(path, weights=np.zeros(3))
    assert "is not a file of arrays with a header: it has none" in refusal(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.txt", "dear robot")
    assert "is not a file of arrays with a header" in refusal(path)
    write_arrays(path, json.dumps({"algorithm": "ppo"}), {})
    assert "algorithm" in refusal(path)  # where a training stands is not a policy either


def test_a_policy_of_a_small_problem_does_not_walk(trained, tmp_path):
    save_policy(tmp_path / "lab.npz", trained.policy, {"problem": "puck-world"})
    assert "is a policy, but not for a walking robot; expected one that `gaitopt train` wrote" in refusal(
        tmp_path / "lab.npz"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda header: header.update(kind="deep"), "unknown policy 'deep'"),
        (lambda header: header.update(schema_version=2), "schema_version"),
        (lambda header: header["options"].update(actions=3), "state 'parameters': got shape"),
        (lambda header: header["options"].update(sigma="wide"), "options of policy linear-gaussian: cannot be used"),
        (lambda header: header["options"].update(observation_size=10**13), "options of policy linear-gaussian: cannot"),
        (lambda header: header["about"].pop("robot"), "key 'robot' is missing"),
        (lambda header: header["about"].update(speed=1), "unknown key 'speed'"),
        (lambda header: header["about"]["gait"].update(length=float("nan")), "gait.length"),
        (lambda header: header["about"]["gait"].pop("length"), "'length' is missing; expected the twelve parameters"),
        (
            lambda header: header["about"]["gait"].update(lenght=0.1),
            "unknown gait parameter 'lenght'; did you mean len",
        ),
        (lambda header: header["about"]["interface"]["adjust"].update(parameter_reach=2.0), "parameter_reach"),
        (lambda header: header["about"]["observation"].pop(), "takes 32 numbers, its observation has 31"),
        (lambda header: header["about"]["action"].append("tail target"), "gives 24 numbers, its action has 25"),
    ],
)
def test_a_header_that_does_not_fit_is_told(file, change, said):
    rewrite(file, change)
    assert said in refusal(file)


@pytest.mark.parametrize("kind", ["U8", "complex128", "datetime64[s]"])
def test_parameters_of_another_kind_are_told(file, kind):
    header, arrays = read_arrays(file)
    arrays["parameters"] = np.zeros(arrays["parameters"].shape, kind)
    write_arrays(file, json.dumps(header), arrays)
    assert "state 'parameters': got " in refusal(file)


def test_a_perceptron_of_no_precision_is_told(tmp_path):
    path = tmp_path / "policy.npz"
    random_trained("aibo-ers7", Interface(), "gaussian-mlp").save(path)
    rewrite(path, lambda header: header["options"].update(precision="int8"))
    assert "precision: got 'int8'; expected float32 or float64" in refusal(path)


def test_what_is_no_archive_is_told_without_advice_to_unpickle(tmp_path):
    path = tmp_path / "policy.npz"
    for content in (b"some text", b"", b"\x80\x04\x95"):
        path.write_bytes(content)
        assert "it is not an .npz archive" in refusal(path)
        assert "allow_pickle" not in refusal(path)


def test_parameters_that_are_not_numbers_are_told(file):
    header, arrays = read_arrays(file)
    arrays["parameters"][7] = np.nan
    write_arrays(file, json.dumps(header), arrays)
    assert "parameters[7]: got nan, expected a finite number" in refusal(file)


@pytest.mark.parametrize(
    ("layout", "old", "new"),
    [("observation", "roll", "tilt of the trunk"), ("action", "skew", "front_left_knee target")],
)
def test_a_layout_of_another_version_is_told_before_it_walks(file, layout, old, new):
    def change(header):
        names = header["about"][layout]
        names[names.index(old)] = new

    rewrite(file, change)
    trained = read_trained(file)
    with pytest.raises(InputError) as caught:
        trained.controller(ROBOT, SCENARIO)
    assert str(caught.value) == (
        f"policy: its {layout} has {new!r} where it is {old!r} now; it was trained with another version: train it again"
    )


def test_a_group_that_is_not_known_any_more_is_told(file):
    rewrite(file, lambda header: header["about"]["interface"].update(observe=["phase", "smell"]))
    with pytest.raises(InputError, match="unknown observation 'smell'"):
        read_trained(file).controller(ROBOT, SCENARIO)
