"""Single walks with any constants of servos, engine and gait; kept in a file, so that a study can be made in parts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np

from gaitopt.arrays import Array
from gaitopt.gait import locus
from gaitopt.gait.parameters import GaitParameters
from gaitopt.hal.catalog import make_body
from gaitopt.hal.engine import EngineSpec
from gaitopt.robot.spec import RobotSpec, load_robot
from gaitopt.scenario.spec import load_scenario
from gaitopt.walk.controller import GaitController
from gaitopt.walk.traversal import traverse

NOMINAL = {"servo_strength": 1.0, "start_side_m": 0.0, "start_heading_deg": 0.0}
"""Conditions without noise."""
SLOWEST = 0.08
"""Speed below which a walk does not reach the finish line in time [m/s]."""


@dataclass(frozen=True)
class Walk:
    """One walk to be measured."""

    robot: str
    """Name of the robot."""
    engine: tuple[str, float, int]
    """Name, time step [s] and solver iterations."""
    gait: tuple[float, ...]
    """The twelve parameters."""
    seed: int | None = None
    """Seed of the scenario's noise; None for none."""
    constants: tuple[tuple[str, float], ...] = ()
    """Constants of the servos that differ from the robot's file; see `robot_with`."""
    world: tuple[tuple[str, float], ...] = ()
    """Constants of the engine's module that differ, by name."""
    friction: float = 0.6
    """Mean friction of the carpet."""
    corner_mm: int = 0
    """Half the stroke of a rectangular swing [mm], see `rectangle`; 0 for half an ellipse."""
    length: float = 1.0
    """Length of the field [m]."""


@dataclass(frozen=True)
class Walked:
    """What a walk measured."""

    speed: float
    """Speed, 0 after a fall [m/s]."""
    power: float
    """Mean electrical power of the servos [W]."""
    flight: float
    """Share of the time in the air."""
    cpu: float
    """Processor time [s]."""


def robot_with(name: str, constants: Mapping[str, float]) -> RobotSpec:
    """Return a robot with other servos: fields of `Servo`, or `no_load_ratio`, speed without load over rated speed."""
    robot, servo = load_robot(name), dict(constants)
    ratio = servo.pop("no_load_ratio", None)
    if ratio is not None:
        kinds = {kind: getattr(robot.joints, kind) for kind in ("rotator", "elevator", "knee")}
        speeds = {
            kind: {"no_load_speed_radps": ratio * joint.rated_speed_radps} for kind, joint in kinds.items() if joint
        }
        robot = robot.changed(joints=speeds)
    return robot.changed(servo=servo) if servo else robot


def measure(walk: Walk) -> Walked:
    """Return what a walk measures."""
    robot = robot_with(walk.robot, dict(walk.constants))
    changes = NOMINAL | {"friction": walk.friction} if walk.seed is None else {}
    field = "desk" if walk.robot == "petoi-bittle" else "field"
    scenario = load_scenario(field)
    lines = {"length_m": walk.length, "time_limit_s": walk.length / SLOWEST}
    scenario = scenario.changed(field=lines, **changes)
    if walk.seed is not None:
        scenario = scenario.changed(friction={"mean": walk.friction})
    name, step, iterations = walk.engine
    engine = EngineSpec(name=name, time_step_s=step, solver_iterations=iterations)
    with changed_world(name, dict(walk.world)), swing(walk.corner_mm), make_body(robot, engine=engine) as body:
        controller = GaitController(GaitParameters(*walk.gait), robot, scenario)
        start = time.process_time()
        result = traverse(body, controller, scenario, walk.seed or 0)
        cpu = time.process_time() - start
    return Walked(result.speed_mps, result.power_w, result.flight, cpu)


@contextmanager
def changed_world(engine: str, constants: Mapping[str, float]) -> Iterator[None]:
    """Change constants of an engine's world for a while: of `pybullet_world` or `mujoco_model`."""
    if not constants:
        yield
        return
    from gaitopt.hal.sim import mujoco_model, pybullet_world

    with patch.multiple({"pybullet": pybullet_world, "mujoco": mujoco_model}[engine], **constants):
        yield


@contextmanager
def swing(half_stroke_mm: int) -> Iterator[None]:
    """Let swings be rectangles for a while, if the half stroke is above 0."""
    if half_stroke_mm == 0:
        yield
        return
    with patch.object(locus, "stroke", lambda phase, duty: rectangle(phase, duty, half_stroke_mm)):
        yield


def rectangle(phase: Array, duty: float, half_stroke_mm: int) -> tuple[Array, Array]:
    """Return `locus.stroke` of rUNSWift's normal walk: up, forward and down at the corners of a rectangle.

    Source: NormalWalk.cc, `getFLPG`: of 40 frames, 40 / (1 + lift / stroke) go forward; its lift is 20 mm.
    """
    forward = int(40 / (1 + 20 / (2 * half_stroke_mm))) / 40
    corner = (1 - forward) / 2
    on_ground = phase < duty
    part = np.clip((phase - duty) / (1 - duty), 0.0, 1.0)
    along = np.where(on_ground, 1 - 2 * phase / duty, 2 * np.clip((part - corner) / forward, 0.0, 1.0) - 1)
    lift = np.where(on_ground, 0.0, np.clip(np.minimum(part, 1 - part) / corner, 0.0, 1.0))
    return along, lift


class Store:
    """Walks that were measured, in a file of a line each."""

    def __init__(self, path: Path, workers: int = 1) -> None:
        """Read the file, if there is one."""
        self._path, self._workers, self._known = path, workers, {}
        if path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                key, result = json.loads(line)
                self._known[key] = Walked(**result)

    def walk_all(self, walks: Sequence[Walk]) -> list[Walked]:
        """Return the results of walks; those that the file lacks are walked now."""
        keys = [json.dumps(asdict(walk), sort_keys=True) for walk in walks]
        missing = {key: walk for key, walk in zip(keys, walks, strict=True) if key not in self._known}
        if missing:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with ProcessPoolExecutor(self._workers) as pool, self._path.open("a", encoding="utf-8") as file:
                for key, result in zip(missing, pool.map(measure, missing.values()), strict=True):
                    self._known[key] = result
                    file.write(json.dumps([key, asdict(result)]) + "\n")
                    file.flush()
        return [self._known[key] for key in keys]
