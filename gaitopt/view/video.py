"""Video of traversals: the same physics as everywhere, filmed while they are computed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gaitopt.errors import InputError
from gaitopt.hal.body import Body, BodyState, Camera
from gaitopt.hal.catalog import make_body
from gaitopt.hal.engine import EngineSpec
from gaitopt.run.evaluate import engine_of_choice, whole
from gaitopt.run.rollout import fresh_seed
from gaitopt.run.walkers.walk_setup import RobotChoice, ScenarioChoice, WalkSetup, find_walks
from gaitopt.scenario.spec import Push, ScenarioSpec
from gaitopt.view.whole_file import whole_file
from gaitopt.walk.traversal import Traversal, commands_per_reading, conditions_of, traverse

Picture = NDArray[np.uint8]

FORMATS = (".mp4", ".gif")
GIF_EVERY = 2
"""A .gif keeps one picture in so many, because the format is large."""
PUSH_S = 0.5
"""Time for which a push is captioned, from its beginning [s]."""
PUSH_ROW, LAST_ROW = -64, -34
"""Rows of the captions of pushes and of the result [px]."""
LAST_PICTURE_S = 1.5
"""Time for which the last picture stays [s]."""


def record_video(
    path: Path | str,
    walkers: Any,
    robot: RobotChoice | None = None,
    scenario: ScenarioChoice | None = None,
    *,
    seed: int = 0,
    engine: EngineSpec | str | None = None,
    report: Callable[[str, float], None] | None = None,
) -> list[Traversal]:
    """Film a traversal of each walker, side by side, and return the traversals.

    Args:
        path: the video; `.mp4` or `.gif`.
        walkers: walkers by label, left to right; or a list of walkers, or one. A walker is a gait, a policy or a
            controller of your own; or the name or path of one, or of a run or training.
        robot: name, file or spec; the first walker's own, else the AIBO ERS-7, if None.
        scenario: name, file or spec; the first walker's own, else `field`, if None.
        seed: random seed; the conditions are the same for all.
        engine: an engine's name or settings; the first walker's own if None.
        report: called with a label and the share of the field that is walked.

    Raises:
        InputError: another format, or a library for it is missing, or the file cannot be written, or another robot's
            gait.
    """
    if not isinstance(path, (str, PathLike)):
        raise InputError(f"path: got {path!r:.80}; expected the name of a file that ends in {' or '.join(FORMATS)}")
    path, chance = Path(path), fresh_seed(whole("seed", seed, 0))
    check_format(path)
    setups = _setups(walkers, robot, scenario)
    first = setups[0]
    robot, scenario, engine = first.robot, first.scenario, engine_of_choice(engine, first.robot) or first.engine
    controllers = [(setup.label, setup.walker.controller(robot, scenario)) for setup in setups]
    films, traversals = [], []
    for label, controller in controllers:
        camera = _Cameraman(label, scenario, conditions_of(scenario, chance).pushes, report)
        with make_body(robot, engine=engine, camera=True) as body:
            traversals.append(traverse(body, controller, scenario, chance, camera))
        films.append([*camera.pictures, _caption(camera.pictures[-1], _verdict(traversals[-1]), row=LAST_ROW)])
    period = robot.servo.command_period_s
    rate = 1 / Fraction(commands_per_reading(period) * period).limit_denominator(1000)
    with whole_file(path) as draft:
        (_write_mp4 if path.suffix == ".mp4" else _write_gif)(draft, _side_by_side(films, rate), rate)
    return traversals


def _setups(walkers: Any, robot: RobotChoice | None, scenario: ScenarioChoice | None) -> list[WalkSetup]:
    """Return the walkers that are to be filmed, all for the robot and scenario of the first."""
    if not isinstance(walkers, (Mapping, list, tuple)):
        walkers = [walkers]
    setups = find_walks(walkers.values() if isinstance(walkers, Mapping) else walkers, robot, scenario)
    if isinstance(walkers, Mapping):
        setups = [replace(setup, label=str(label)) for setup, label in zip(setups, walkers, strict=True)]
    if not setups:
        raise InputError("walkers: got none; expected at least one")
    return setups


def check_format(path: Path) -> None:
    """Check that a video of this name can be written.

    Raises:
        InputError: another format, no such folder, or PyAV is missing.
    """
    if path.suffix not in FORMATS:
        raise InputError(f"{path}: got a name that ends in {path.suffix!r}; expected {' or '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}; make it first")
    if path.suffix == ".mp4":
        try:
            import av  # noqa: F401
        except ImportError as error:
            raise InputError("an .mp4 needs PyAV: pip install 'gaitopt[video]', or ask for a .gif") from error


class _Cameraman:
    """Takes a picture at every reading, from beside the robot, and captions pushes."""

    def __init__(
        self, label: str, scenario: ScenarioSpec, pushes: Sequence[Push], report: Callable[[str, float], None] | None
    ) -> None:
        self._label, self._length, self._pushes, self._report = label, scenario.field.length_m, pushes, report
        self.pictures: list[Picture] = []

    def __call__(self, body: Body, state: BodyState) -> None:
        if state.position is None:
            return
        x, y, _ = state.position
        picture = body.render(Camera(target=(x, y, 0.09)))
        picture = _caption(picture, f"{self._label}   {state.time:5.2f} s   {x:5.2f} m")
        for push in self._pushes:
            if push.start <= state.time < push.start + PUSH_S:
                picture = _caption(picture, push_in_words(push), row=PUSH_ROW)
        self.pictures.append(picture)
        if self._report is not None:
            self._report(self._label, min(1.0, max(0.0, x / self._length)))


def push_in_words(push: Push) -> str:
    """Return how hard a push is, and where it comes from."""
    ahead, left = push.force
    impulse = math.hypot(ahead, left) * (push.end - push.start)
    if abs(ahead) > abs(left):
        return f"pushed from {'behind' if ahead > 0 else 'the front'}, {impulse:.1f} N s"
    return f"pushed from the {'right' if left > 0 else 'left'}, {impulse:.1f} N s"


def _verdict(traversal: Traversal) -> str:
    if traversal.time_s is None:
        return traversal.status.value.replace("_", " ")
    return f"{traversal.speed_mps * 1e3:.0f} mm/s"


def _caption(picture: Picture, text: str, row: int = 8) -> Picture:
    """Return a picture with a text in one of its rows [px from the top, or from the bottom if negative]."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    row %= picture.shape[0]
    font = ImageFont.load_default(16)
    draw.rectangle((6, row - 2, 14 + draw.textlength(text, font), row + 22), fill=(0, 0, 0))
    draw.text((10, row), text, fill=(255, 255, 255), font=font)
    return np.asarray(image)


def _side_by_side(films: Sequence[Sequence[Picture]], rate: Fraction) -> Iterator[Picture]:
    """Yield pictures of all films beside each other; one that has ended keeps its last picture."""
    count = max(map(len, films))
    for i in range(count + round(LAST_PICTURE_S * rate)):
        yield np.hstack([film[min(i, len(film) - 1)] for film in films])


def _write_mp4(path: Path, pictures: Iterator[Picture], rate: Fraction) -> None:
    import av

    with av.open(str(path), "w") as container:
        stream = None
        for picture in pictures:
            if stream is None:
                stream = container.add_stream("libx264", rate=rate, options={"crf": "23"})
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        if stream is not None:
            container.mux(stream.encode())


def _write_gif(path: Path, pictures: Iterator[Picture], rate: Fraction) -> None:
    from PIL import Image

    kept = itertools.islice(pictures, 0, None, GIF_EVERY)
    images = [Image.fromarray(picture).quantize(64, dither=Image.Dither.NONE) for picture in kept]
    # The format counts in hundredths of a second: rounded one by one, pictures would run ahead of the walk.
    ends = [10 * round(100 * GIF_EVERY * i / rate) for i in range(len(images) + 1)]
    durations = [after - before for before, after in itertools.pairwise(ends)]  # [ms]
    images[0].save(path, save_all=True, append_images=images[1:], duration=durations, loop=0, optimize=False)
