import itertools
import sys
from types import SimpleNamespace

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from gaitopt.errors import InputError
from gaitopt.gait.gait_file import Gait, load_gait
from gaitopt.hal.body import BodyState
from gaitopt.hal.catalog import make_body
from gaitopt.robot.spec import load_robot
from gaitopt.scenario.spec import Push
from gaitopt.seeding import Stream, traversal_seed
from gaitopt.view import video
from gaitopt.view.video import _Cameraman, check_format, push_in_words, record_video
from gaitopt.walk.controller import GaitController
from gaitopt.walk.traversal import traverse

WIDTH, HEIGHT = 480, 360
RATE = 31.25
"""Pictures a second: one every 32 ms."""
HELD_S = 1.5
"""How long the last picture stays."""


@pytest.fixture(scope="module")
def hand_tuned(ers7):
    return load_gait("hand-tuned", ers7)


@pytest.fixture(scope="module")
def slow(hand_tuned):
    """Nearly the same gait with a shorter stroke."""
    return Gait("aibo-ers7", type(hand_tuned.parameters)(**vars(hand_tuned.parameters) | {"length": 0.03}))


@pytest.fixture(scope="module")
def gif(hand_tuned, ers7, tiny_field, tmp_path_factory):
    """A film of one gait: its walk, its pictures, how long each stays [s], and what was reported."""
    path, told = tmp_path_factory.mktemp("gif") / "walk.gif", []
    [walk] = record_video(
        path, {"walk": hand_tuned}, ers7, tiny_field, seed=3, report=lambda *parts: told.append(parts)
    )
    with Image.open(path) as image:
        frames = [(np.asarray(f.convert("RGB")), f.info["duration"] / 1e3) for f in ImageSequence.Iterator(image)]
    return walk, [picture for picture, _ in frames], [duration for _, duration in frames], told


@pytest.fixture(scope="module")
def mp4(hand_tuned, slow, ers7, tiny_field, tmp_path_factory):
    """A film of two gaits: their walks, its pictures, pictures a second."""
    path = tmp_path_factory.mktemp("mp4") / "both.mp4"
    walks = record_video(path, {"before": slow, "after": hand_tuned}, ers7, tiny_field, seed=3)
    with av.open(str(path)) as film:
        rate = film.streams.video[0].average_rate
        pictures = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    return walks, pictures, rate


def walk_without_camera(gait, ers7, tiny_field, seed):
    with make_body(ers7) as body:
        controller = GaitController(gait.parameters, ers7, tiny_field)
        return traverse(body, controller, tiny_field, traversal_seed(seed, Stream.FRESH, 0))


def test_filming_does_not_change_the_walk(gif, mp4, hand_tuned, slow, ers7, tiny_field):
    plain = walk_without_camera(hand_tuned, ers7, tiny_field, 3)
    assert gif[0] == plain
    assert mp4[0] == [walk_without_camera(slow, ers7, tiny_field, 3), plain]
    assert walk_without_camera(hand_tuned, ers7, tiny_field, 4) != plain  # so that equal means something


def test_a_push_is_told_while_it_shoves_and_a_little_longer(hand_tuned, ers7, tiny_field, tmp_path):
    push = Push(start=0.2, end=0.3, force=(3.0, -16.0))  # 16.3 N for 0.1 s, to the right: from the left
    assert push_in_words(push) == "pushed from the left, 1.6 N s"
    assert push_in_words(push._replace(force=(20.0, 3.0))) == "pushed from behind, 2.0 N s"
    told = []
    camera = _Cameraman("walk", tiny_field, [push], None)
    body = SimpleNamespace(render=lambda camera: np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    for time in (0.1, 0.25, 0.6, 0.8):
        camera(body, BodyState(time, (0.0, 0.0, 0.1), None, None, None, None))
        told.append(bool((camera.pictures[-1][HEIGHT // 2 :] != 90).any()))
    assert told == [False, True, True, False]


def test_a_film_is_as_long_as_its_walk_and_the_last_picture_stays(gif, mp4):
    walk, pictures, durations, _ = gif
    assert pictures[0].shape == (HEIGHT, WIDTH, 3)
    walked_s = walk.commands * 0.008
    assert sum(durations) == pytest.approx(walked_s + HELD_S, abs=0.25)
    assert len(pictures) == pytest.approx(walked_s * RATE / 2, abs=3)  # the pictures that stay are one in this format
    assert set(durations[:-1]) == {0.06, 0.07}
    assert sum(durations[:-1]) == pytest.approx(2 * (len(pictures) - 1) / RATE, abs=0.01)
    walks, pictures, rate = mp4
    longest_s = max(walk.commands for walk in walks) * 0.008
    assert rate == RATE
    assert len(pictures) == pytest.approx((longest_s + HELD_S) * RATE, abs=2.5)
    assert {picture.shape for picture in pictures} == {(HEIGHT, 2 * WIDTH, 3)}


def robot_share(picture):
    """Return the share of pixels that are white to gray, as the robot is, but neither carpet nor sky."""
    low, high = picture.min(axis=-1).astype(int), picture.max(axis=-1).astype(int)
    return np.mean((low > 110) & (high - low < 30))


def test_the_robot_is_seen_in_the_middle(gif, mp4):
    for picture in gif[1]:
        assert robot_share(picture[110:290, 40:280]) > 0.1
        assert robot_share(picture[260:350, 0:40]) < 0.1  # there is carpet, and perhaps a line
        red, green, blue = picture[260:320, 5:40].reshape(-1, 3).mean(axis=0)
        assert green > 1.3 * max(red, blue)
    for picture in mp4[1]:
        left, right = picture[110:290, 40:280], picture[110:290, WIDTH + 40 : WIDTH + 280]
        assert robot_share(left) > 0.1
        assert robot_share(right) > 0.1


def changed(before, after):
    """Return the share of pixels, captions aside, that two pictures do not share."""
    difference = np.abs(before[40:310].astype(int) - after[40:310])
    return np.mean(difference.max(axis=-1) > 40)


def test_the_robot_walks(gif, mp4):
    walk, pictures, _, _ = gif
    steps = [changed(a, b) for a, b in itertools.pairwise(pictures)]
    moving = walk.commands // 8
    assert min(steps[: moving - 1]) > 0.001
    assert changed(pictures[0], pictures[moving]) > 0.02
    # In the film of two, each half moves while its robot walks, and stands still at the end.
    walks, pictures, _ = mp4
    for side, walk in enumerate(walks):
        half = [picture[:, side * WIDTH : (side + 1) * WIDTH] for picture in pictures]
        assert changed(half[0], half[walk.commands // 4]) > 0.02
        assert changed(half[-1], half[-30]) == 0
    # The same conditions, but not the same gait.
    assert changed(pictures[5][:, :WIDTH], pictures[5][:, WIDTH:]) > 0.005


def test_captions_tell_time_and_result(gif):
    _, pictures, _, _ = gif
    captions = [picture[6:31, 6:200] for picture in pictures]
    assert all(caption.min() < 30 and caption.max() > 200 for caption in captions)  # white on black
    assert any((a != b).any() for a, b in itertools.pairwise(captions))
    bottom = [picture[HEIGHT - 36 : HEIGHT - 12, 6:60].max() > 200 for picture in pictures]
    assert bottom == [False] * (len(pictures) - 1) + [True]  # the speed, when the walk is over


def test_how_far_a_film_is_gets_reported(gif):
    walk, _, _, told = gif
    labels, parts = zip(*told, strict=True)
    assert set(labels) == {"walk"}
    assert list(parts) == sorted(parts)
    assert parts[0] == 0.0
    assert 0.5 < parts[-1] <= 1.0
    assert walk.time_s is not None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("walk.avi", "walk.avi: got a name that ends in '.avi'; expected .mp4 or .gif"),
        ("walk", "walk: got a name that ends in ''; expected .mp4 or .gif"),
        ("no/walk.gif", "there is no folder .*no; make it first"),
        ("file/walk.gif", "there is no folder .*file; make it first"),
    ],
)
def test_a_film_that_cannot_be_made_is_not_begun(tmp_path, hand_tuned, ers7, tiny_field, monkeypatch, name, words):
    monkeypatch.setattr(video, "make_body", lambda *args, **kwargs: pytest.fail("it was begun"))
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=words):
        record_video(tmp_path / name, {"walk": hand_tuned}, ers7, tiny_field)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_without_pyav_there_are_gifs(tmp_path, monkeypatch):
    check_format(tmp_path / "walk.mp4")
    monkeypatch.setitem(sys.modules, "av", None)  # as if it were not installed
    check_format(tmp_path / "walk.gif")
    with pytest.raises(InputError, match=r"an .mp4 needs PyAV: pip install 'gaitopt\[video\]', or ask for a .gif"):
        check_format(tmp_path / "walk.mp4")


def test_interrupted_a_film_leaves_the_older_one(tmp_path, hand_tuned, ers7, tiny_field):
    path = tmp_path / "walk.gif"
    path.write_bytes(b"old")

    def stop(label, part):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record_video(path, {"walk": hand_tuned}, ers7, tiny_field, report=stop)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("walk.gif", b"old")]


def test_a_gait_of_another_robot_is_not_filmed(tmp_path, ers7, tiny_field):
    other = load_gait("hand-tuned", load_robot("aibo-ers210"))
    with pytest.raises(InputError, match="is a gait of aibo-ers210; expected one of aibo-ers7"):
        record_video(tmp_path / "walk.gif", {"walk": other}, ers7, tiny_field)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"path": 3}, r"path: got 3; expected the name of a file that ends in .mp4 or .gif"),
        ({"walkers": {}}, "walkers: got none; expected at least one"),
        ({"walkers": {"one": "hand-tuned", "other": 3}}, "walker: got 3; expected a gait"),
        ({"seed": -1}, "seed: got -1; expected a whole number of at least 0"),
        ({"engine": 3}, "engine: got 3; expected an engine's name or an EngineSpec"),
        ({"engine": "pybulet"}, "unknown engine 'pybulet'; did you mean pybullet"),
    ],
)
def test_a_film_that_cannot_be_is_refused_before_anything_walks(tmp_path, ers7, tiny_field, changes, said):
    good = {"path": tmp_path / "walk.gif", "walkers": "hand-tuned", "robot": ers7, "scenario": tiny_field}
    with pytest.raises(InputError, match=said):
        record_video(**good | changes)
    assert not list(tmp_path.iterdir())


def test_walkers_may_be_one_a_list_or_named(tmp_path, ers7, tiny_field, hand_tuned):
    labels = set()
    for walkers in ("hand-tuned", [hand_tuned], (hand_tuned.parameters,), {"fast": hand_tuned}):
        path = tmp_path / "walk.gif"
        record_video(path, walkers, ers7, tiny_field, report=lambda label, part: labels.add(label))
    assert labels == {"hand-tuned", "gait", "fast"}


@pytest.mark.parametrize(("name", "look_s"), [("petoi-bittle", 0.036), ("dynamixel-quadruped", 0.040)])
def test_a_film_keeps_time_whatever_the_robots_command_period(tmp_path, tiny_field, name, look_s):
    """Command periods that do not divide the AIBOs' look period of 32 ms."""
    robot = load_robot(name)
    (walk,) = record_video(tmp_path / "walk.mp4", {"": load_gait("hand-tuned", robot)}, robot, tiny_field)
    with av.open(str(tmp_path / "walk.mp4")) as film:
        stream = film.streams.video[0]
        pictures = sum(1 for _ in film.decode(stream))
        assert float(stream.average_rate) == pytest.approx(1 / look_s, rel=1e-3)
    walked = walk.commands * robot.servo.command_period_s
    assert pictures * look_s - HELD_S == pytest.approx(walked, abs=3 * look_s)  # first and last picture, verdict
