"""Lookup of walkers, with robot, scenario and engine, by name, path or object: the only place that does it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gaitopt.errors import InputError, unknown_name
from gaitopt.gait.gait_file import Gait, check_gait, gait_names, load_gait, read_gait
from gaitopt.gait.parameters import GaitParameters
from gaitopt.hal.engine import EngineSpec, engine_of
from gaitopt.robot.spec import RobotSpec
from gaitopt.run.experiment import (
    BEST,
    LATEST,
    MEMBERS,
    check_experiment,
    check_no_folder,
    look_up,
    look_up_undated,
    names,
    open_experiment,
)
from gaitopt.run.settings.base import DEFAULT_ROBOT, DEFAULT_SCENARIO, robot_of_choice, scenario_of_choice
from gaitopt.run.settings.overrides import change_specs
from gaitopt.run.walkers.own_controller import OwnWalker
from gaitopt.run.walkers.trained_policy import TrainedPolicy, read_trained
from gaitopt.run.walkers.walker import GaitWalker, Walker
from gaitopt.scenario.objective import SPEED, ScoreSpec
from gaitopt.scenario.spec import ScenarioSpec, scenario_names
from gaitopt.spec import parse_spec

if TYPE_CHECKING:
    from gaitopt.run.learn.folder import RunFolder
    from gaitopt.run.train.folder import TrainFolder

WALKERS = ("learn", "train")
"""Kinds of experiments that learn a walker."""
PLACE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
"""Pattern of the place of a user's own class or function: `module:Class`."""

RobotChoice = str | PathLike[str] | RobotSpec
"""A robot's name, its file, or a spec."""
ScenarioChoice = str | PathLike[str] | ScenarioSpec
"""A scenario's name, its file, or a spec."""


@dataclass(frozen=True)
class WalkSetup:
    """Walker with its robot, scenario and engine."""

    label: str
    """Name for output."""
    walker: Walker
    robot: RobotSpec
    scenario: ScenarioSpec
    engine: EngineSpec
    run_score: ScoreSpec | None = None
    """Objective of the run that learned the walker; None if none did."""

    @property
    def usual_score(self) -> ScoreSpec:
        """Default objective: the run's own, else the scenario's, else the speed."""
        return self.run_score or self.scenario.score or SPEED


def find_walk(
    choice: Any,
    robot: RobotChoice | None = None,
    scenario: ScenarioChoice | None = None,
    runs: Path = Path("runs"),
    changes: Sequence[str] = (),
    usual_robot: str = DEFAULT_ROBOT,
) -> WalkSetup:
    """Return the walker that is named or given, with its robot, scenario and engine.

    Runs and trainings are named by their folder, or its name in `runs`; `latest` is the newest of them. They determine
    robot, scenario and engine.

    Args:
        choice: a `Gait`, `GaitParameters`, a `TrainedPolicy` or a controller of your own; or the name of a gait, run
            or training, the path of a gait file (`.toml`), policy file (`.npz`) or folder, or `module:Class`.
        robot: robot; the walker's own, else the default, if None.
        scenario: scenario; the walker's own, else the default, if None.
        runs: folder in which runs are looked up.
        changes: `scenario.KEY=VALUE`, `robot.KEY=VALUE` or `engine.KEY=VALUE`.
        usual_robot: default robot of a gait that is given by its name alone.

    Raises:
        InputError: nothing has this name, or the walker does not match the robot.
    """
    if isinstance(choice, (str, PathLike)):
        setup = _named(str(choice), robot, scenario, runs, usual_robot)
    else:
        setup = _given(choice, robot, scenario, usual_robot)
    if not changes:
        return setup
    specs = change_specs({"scenario": setup.scenario, "robot": setup.robot, "engine": setup.engine}, changes)
    if setup.walker.gait is not None:
        check_gait(setup.walker.gait, specs["robot"], setup.label)
    return replace(setup, **specs)


def find_walks(
    choices: Iterable[Any], robot: RobotChoice | None = None, scenario: ScenarioChoice | None = None
) -> list[WalkSetup]:
    """Return several walkers, all for the robot and scenario of the first; see `find_walk`."""
    setups: list[WalkSetup] = []
    for choice in choices:
        setups.append(find_walk(choice, robot, scenario))
        robot, scenario = setups[0].robot, setups[0].scenario
    return setups


def _given(choice: Any, robot: RobotChoice | None, scenario: ScenarioChoice | None, usual_robot: str) -> WalkSetup:
    """Return the walk setup of an object."""
    if isinstance(choice, TrainedPolicy):
        return _of_policy(choice, "policy", robot, scenario)
    ground = scenario_of_choice(DEFAULT_SCENARIO if scenario is None else scenario)
    if isinstance(choice, GaitWalker):
        choice = choice.gait
    usual = choice.robot if isinstance(choice, Gait) else usual_robot
    spec = robot_of_choice(usual if robot is None else robot)
    if isinstance(choice, GaitParameters):
        choice = Gait(spec.name, choice)
    if isinstance(choice, Gait):
        check_gait(choice, spec, "gait")
        return _setup("gait", GaitWalker(choice), spec, ground)
    walker = choice if isinstance(choice, OwnWalker) else OwnWalker(choice)
    return _setup(walker.name, walker, spec, ground)


def _setup(label: str, walker: Walker, robot: RobotSpec, scenario: ScenarioSpec) -> WalkSetup:
    return WalkSetup(label, walker, robot, scenario, engine_of(robot))


def _named(
    text: str, robot: RobotChoice | None, scenario: ScenarioChoice | None, runs: Path, usual_robot: str
) -> WalkSetup:
    """Return the walk setup of a name or path."""
    if (folder := look_up(text, runs, WALKERS)) is not None:
        return _of_experiment(_opened(folder), robot, scenario)
    check_no_folder(text)
    if text == LATEST:
        raise unknown_name(f"run in {runs}", text, names(runs))
    if text.endswith(".npz"):
        return _of_policy(read_trained(Path(text)), text, robot, scenario)
    if PLACE.fullmatch(text) and not Path(text).exists():
        return _given(OwnWalker(text), robot, scenario, usual_robot)
    if robot is None and text.endswith(".toml"):
        robot = read_gait(text).robot
    spec = robot_of_choice(usual_robot if robot is None else robot)
    if not text.endswith(".toml") and text not in gait_names(spec):
        if (folder := look_up_undated(text, runs)) is not None:
            return _of_experiment(_opened(folder), robot, scenario)
        raise unknown_name(f"gait of {spec.name}, or experiment in {runs},", text, [*gait_names(spec), *names(runs)])
    ground = scenario_of_choice(DEFAULT_SCENARIO if scenario is None else scenario)
    label = Path(text).stem if text.endswith(".toml") else text
    return _setup(label, GaitWalker(load_gait(text, spec)), spec, ground)


def _of_policy(
    trained: TrainedPolicy, source: str, robot: RobotChoice | None, scenario: ScenarioChoice | None
) -> WalkSetup:
    """Return the walk setup of a policy with the robot it was trained for.

    Its file contains the scenario's name and the engine's time step only: the scenario is the shipped one.
    """
    about = trained.about
    spec = robot_of_choice(about.robot if robot is None else robot)
    own = about.scenario if about.scenario in scenario_names() else DEFAULT_SCENARIO
    check_gait(trained.gait, spec, source)
    setup = _setup(Path(source).stem, trained, spec, scenario_of_choice(own if scenario is None else scenario))
    engine = engine_of(spec, str(about.origin.get("engine", setup.engine.name))).model_dump()
    engine["time_step_s"] = about.origin.get("time_step_s", engine["time_step_s"])
    return replace(setup, engine=parse_spec(EngineSpec, engine, source))


def _opened(folder: Path) -> RunFolder | TrainFolder:
    """Return the run or training in a folder.

    Raises:
        InputError: it is another kind of experiment, or its settings cannot be used.
    """
    if (kind := check_experiment(folder)) == "compare":
        raise InputError(f"{folder}: is a comparison; evaluate one of its runs: {', '.join(_members(folder))}")
    if kind == "lab":
        raise InputError(f"{folder}: is a lab result, which cannot walk; expected a run or a training")
    return open_experiment(folder)


def _of_experiment(
    folder: RunFolder | TrainFolder, robot: RobotChoice | None, scenario: ScenarioChoice | None
) -> WalkSetup:
    """Return the walk setup of a run or a training: what it learned, with its own robot, scenario and engine.

    Raises:
        InputError: it has learned nothing yet, or is for another robot.
    """
    from gaitopt.run.learn.folder import RunFolder

    config, kind = folder.config, "run" if isinstance(folder, RunFolder) else "training"
    if robot is not None and (given := _name_of(robot)) != config.robot.name:
        raise InputError(f"{folder.path}: is a {kind} of {config.robot.name}; got robot {given}: leave the robot out")
    spec = robot if isinstance(robot, RobotSpec) else config.robot
    learned = folder.best_path if isinstance(folder, RunFolder) else folder.policy_path
    if not learned.is_file():
        raise InputError(f"{folder.path}: has learned nothing yet; continue with: gaitopt resume {folder.path}")
    walker = GaitWalker(read_gait(learned)) if isinstance(folder, RunFolder) else read_trained(learned)
    check_gait(walker.gait, spec, str(learned))
    ground = config.scenario if scenario is None else scenario_of_choice(scenario)
    score = folder.config.score if isinstance(folder, RunFolder) else None
    return WalkSetup(config.name, walker, spec, ground, config.engine, score)


def _name_of(robot: RobotChoice) -> str:
    return robot if isinstance(robot, str) and not robot.endswith(".toml") else robot_of_choice(robot).name


def _members(folder: Path) -> list[str]:
    """Return the paths of a comparison's runs, in decreasing order of the measured score."""
    measured = {str(path): _measured(path) for path in sorted((folder / MEMBERS).glob("*/"))}
    return sorted(measured, key=lambda path: -measured[path])


def _measured(folder: Path) -> float:
    """Return the score or speed that a run measured at its end; minus infinity if there is none."""
    from gaitopt.run.train.folder import POLICY

    try:
        gait, policy = folder / BEST, folder / POLICY
        origin = read_gait(gait).origin if gait.is_file() else read_trained(policy).about.origin
        return float(origin.get("score_mean", origin.get("speed_mps", "-inf")))
    except (InputError, TypeError, ValueError):
        return float("-inf")
