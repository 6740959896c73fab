"""What a user points at, to score, replay or deploy it: a gait by name, a gait file, or a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gaitopt.errors import InputError, unknown_name
from gaitopt.gait.gait_file import Gait, check_gait, gait_names, load_gait, read_gait
from gaitopt.hal.engine import EngineSpec, engine_of
from gaitopt.robot.spec import RobotSpec, load_robot
from gaitopt.run.experiment import kind_of, look_up, names
from gaitopt.run.learn.folder import RunFolder
from gaitopt.run.overrides import change_specs
from gaitopt.run.settings import DEFAULT_ROBOT, DEFAULT_SCENARIO
from gaitopt.run.train.folder import TrainFolder
from gaitopt.run.trained_policy import TrainedPolicy, read_trained
from gaitopt.scenario.objective import SPEED, ScoreSpec
from gaitopt.scenario.spec import ScenarioSpec, load_scenario, scenario_names
from gaitopt.spec import parse_spec


@dataclass(frozen=True)
class Target:
    """A gait with the robot, field and engine it is to walk in."""

    label: str
    gait: Gait
    robot: RobotSpec
    scenario: ScenarioSpec
    engine: EngineSpec
    run: RunFolder | None = None
    """The run that learned it, if one did."""
    trained: TrainedPolicy | None = None
    """The policy that adjusts the gait; None for a gait alone."""

    @property
    def usual_score(self) -> ScoreSpec:
        """What a traversal is worth, if nobody says otherwise: as in the run, else in the scenario, else its speed."""
        return self.run.config.score if self.run is not None else self.scenario.score or SPEED


def find_target(
    text: str,
    robot: str | None = None,
    scenario: str | None = None,
    runs: Path = Path("runs"),
    changes: Sequence[str] = (),
    usual_robot: str = DEFAULT_ROBOT,
) -> Target:
    """Return what `text` names: a gait, a gait file (`.toml`), a policy file (`.npz`), a run or a training.

    Runs and trainings are named by their folder, or its name in `runs`; `latest` is the newest of them.

    A run brings its own robot, scenario and engine.

    Args:
        text: see above.
        robot: a robot's name; the gait's own, or the default, if None.
        scenario: a scenario's name; the run's own, or the default, if None.
        runs: folder in which runs are looked up.
        changes: `scenario.KEY=VALUE`, `robot.KEY=VALUE` or `engine.KEY=VALUE`.
        usual_robot: the robot of a gait that is given by its name alone.

    Raises:
        InputError: nothing has this name, or things do not fit each other.
    """
    folder = look_up(text, runs, ("learn", "train"))
    kind = folder and kind_of(folder)
    if folder is not None and kind == "compare":
        members = " ".join(sorted(str(path) for path in (folder / "runs").iterdir()))
        raise InputError(f"{folder}: is a comparison; evaluate one of its runs: {members}")
    if text.endswith(".npz") or kind == "train":
        target = _of_policy(text, robot, scenario, runs, folder)
    elif folder is not None:
        target = _of_run(RunFolder(folder), robot, scenario)
    else:
        target = _of_gait(text, usual_robot, robot, scenario, runs)
    if not changes:
        return target
    specs = change_specs({"scenario": target.scenario, "robot": target.robot, "engine": target.engine}, changes)
    check_gait(target.gait, specs["robot"], target.label)
    return replace(target, **specs)


def _of_run(run: RunFolder, robot: str | None, scenario: str | None) -> Target:
    config = run.config
    if robot is not None and robot != config.robot.name:
        raise InputError(f"{run.path}: is a run of {config.robot.name}; got --robot {robot}: leave it out")
    if not run.best_path.is_file():
        raise InputError(f"{run.path}: has learned nothing yet; go on with: gaitopt resume {run.path}")
    gait = read_gait(run.best_path)
    check_gait(gait, config.robot, str(run.best_path))
    ground = load_scenario(scenario) if scenario else config.scenario
    return Target(config.name, gait, config.robot, ground, config.engine, run)


def _of_policy(text: str, robot: str | None, scenario: str | None, runs: Path, at: Path | None) -> Target:
    """Return a policy with the robot, scenario and engine of its training if that is at hand.

    A file knows the scenario by name alone, as it is shipped, and of the engine the time step.
    """
    if at is None:
        trained, label = read_trained(Path(text)), Path(text).stem
        spec = load_robot(robot or trained.about.robot)
        own = trained.about.scenario if trained.about.scenario in scenario_names() else DEFAULT_SCENARIO
        ground, engine = load_scenario(scenario or own), _engine_in(trained.about.origin, spec, text)
    else:
        folder = TrainFolder(at)
        if not folder.policy_path.is_file():
            raise InputError(f"{folder.path}: has learned nothing yet; go on with: gaitopt resume {folder.path}")
        config, trained = folder.config, read_trained(folder.policy_path)
        if robot is not None and robot != config.robot.name:
            raise InputError(f"{folder.path}: is a training of {config.robot.name}; got --robot {robot}: leave it out")
        label, spec, engine = config.name, config.robot, config.engine
        ground = load_scenario(scenario) if scenario else config.scenario
    check_gait(trained.gait, spec, text)
    return Target(label, trained.gait, spec, ground, engine, trained=trained)


def _engine_in(origin: Mapping[str, Any], robot: RobotSpec, source: str) -> EngineSpec:
    usual = engine_of(robot).model_dump()
    return parse_spec(EngineSpec, usual | {key: origin[key] for key in ("time_step_s",) if key in origin}, source)


def _of_gait(text: str, usual: str, robot: str | None, scenario: str | None, runs: Path) -> Target:
    is_file = text.endswith(".toml")
    if robot is None:
        robot = read_gait(text).robot if is_file else usual
    spec = load_robot(robot)
    if not is_file and text not in gait_names(spec):
        known = [*gait_names(spec), *names(runs)]
        raise unknown_name(f"gait of {spec.name}, or run in {runs},", text, known)
    label = Path(text).stem if is_file else text
    return Target(label, load_gait(text, spec), spec, load_scenario(scenario or DEFAULT_SCENARIO), engine_of(spec))
