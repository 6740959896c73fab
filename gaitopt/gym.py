"""Environments for Gymnasium; `import gaitopt.gym` registers their ids.

Gymnasium can do the import itself: `gymnasium.make("gaitopt.gym:gaitopt/Traversal-v0")`.

| id | observation | action | reward |
|---|---|---|---|
| gaitopt/Traversal-v0 | groups of `gaitopt.walk.perception` | changes, in parts of their reach | distance gained |
| gaitopt/TraversalDiscrete-v0 | its group `course` | one of `gaitopt.walk.steering.ACTIONS` | distance gained |
| gaitopt/PuckWorld-v0 | positions and velocity | push to the right and ahead | minus the distance to the target |

Continuous actions are -1 to 1. Observations are float32, clipped to the bounds of their space. Rewards and the ends of
episodes: see `gaitopt.walk.environment` and `gaitopt.rl.mdps.puck_world`.
"""

from __future__ import annotations

import math
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from gaitopt.errors import InputError, ProtocolError
from gaitopt.hal.body import Camera
from gaitopt.rl.environment import Environment
from gaitopt.rl.mdps.puck_world import STEP_S, PuckWorld
from gaitopt.run.settings.base import DEFAULT_ROBOT, DEFAULT_SCENARIO, Settings, changed
from gaitopt.walk.environment import TraversalEnvironment
from gaitopt.walk.policy_controller import STEERING, Interface

Observation = NDArray[np.float32]
Picture = NDArray[np.uint8]
Info = dict[str, Any]

ENVIRONMENTS: dict[str, dict[str, Any]] = {
    "gaitopt/Traversal-v0": {"entry_point": "gaitopt.gym:TraversalEnv"},
    "gaitopt/TraversalDiscrete-v0": {"entry_point": "gaitopt.gym:TraversalEnv", "kwargs": {"actions": "discrete"}},
    "gaitopt/PuckWorld-v0": {"entry_point": "gaitopt.gym:PuckWorldEnv"},
}
"""The ids, each with the class that Gymnasium makes and its arguments."""
PUCK_BOUNDS = np.array([1.0, 1.0, 1.5, 1.5, 2.0, 2.0])
"""Largest magnitude of each observation of the puck world: at full push, the puck meets a wall at 1.1 m/s."""
CAMERA_HEIGHT_M = 0.09
"""Height at which the camera looks: about the middle of the robot [m]."""


class AdaptedEnv(gymnasium.Env[Observation, Any]):
    """An environment of gaitopt behind Gymnasium's interface. Its `np_random` is the only source of randomness."""

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012, as Gymnasium has it

    def __init__(
        self, environment: Environment, observation_space: spaces.Box, action_space: spaces.Box | spaces.Discrete
    ) -> None:
        """Adapt an environment.

        Args:
            environment: the environment.
            observation_space: a float32 space, to whose bounds observations are clipped.
            action_space: the space against which actions are checked.
        """
        self._environment = environment
        self.observation_space = observation_space  # type: ignore[assignment]  # Gymnasium's Box forgets its dtype
        self.action_space = action_space
        self._low, self._high = observation_space.low, observation_space.high
        self._begun = self._running = False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, Info]:
        """Begin an episode; there are no options."""
        super().reset(seed=seed)
        observation = self._environment.reset(self.np_random)
        self._begun = self._running = True
        return self._bounded(observation), self._info()

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, Info]:
        """Act for one control period.

        Raises:
            ProtocolError: no episode has begun, or it is over.
            InputError: not an action of this environment.
        """
        if not self._running:
            raise ProtocolError("step: no episode is running; call reset first")
        observation, reward, terminated, truncated = self._environment.step(self._checked(action))
        self._running = not (terminated or truncated)
        return self._bounded(observation), float(reward), terminated, truncated, self._info()

    def _info(self) -> Info:
        """Return what is reported beside the observation."""
        return {}

    def _bounded(self, observation: NDArray[np.float64]) -> Observation:
        return np.clip(observation.astype(np.float32), self._low, self._high)

    def _checked(self, action: Any) -> NDArray[Any]:
        checked = np.asarray(action)
        space = self.action_space
        if isinstance(space, spaces.Discrete):
            if checked.shape != () or not np.issubdtype(checked.dtype, np.integer) or not 0 <= checked < space.n:
                raise InputError(f"action: got {action!r}; expected a whole number from 0 to {space.n - 1}")
        elif checked.shape != space.shape:
            raise InputError(f"action: got an array of shape {checked.shape}; expected {space.shape}")
        elif not np.issubdtype(checked.dtype, np.number) or not np.isfinite(checked).all():
            raise InputError(f"action: got {action!r}; expected finite numbers; check what computed them")
        return checked


class TraversalEnv(AdaptedEnv):
    """A walk across the field; `info` holds the `position` [m], and at the end the `status` and `time_s`."""

    metadata: dict[str, Any] = {"render_modes": ["rgb_array", "human"], "render_fps": 31.25}  # noqa: RUF012

    def __init__(
        self,
        robot: Any = DEFAULT_ROBOT,
        scenario: Any = DEFAULT_SCENARIO,
        gait: Any = None,
        *,
        engine: Any = None,
        pace: float = 0.0,
        render_mode: str | None = None,
        **interface: Any,
    ) -> None:
        """Make the environment.

        Args:
            robot: name, file or spec.
            scenario: name, file or spec.
            gait: name, file or gait; the robot's start gait if None.
            engine: settings of the physics engine; keys of `EngineSpec`.
            pace: speed that earns a reward of 0 [m/s].
            render_mode: `rgb_array`, `human` or None.
            interface: fields of `Interface`: `observe`, groups of `gaitopt.walk.perception`; `adjust`, how far the
                policy may change the gait; `actions`, `continuous` or `discrete`.

        Raises:
            InputError: an argument cannot be used.
        """
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise InputError(f"render_mode: got {render_mode!r}; expected {self.metadata['render_modes']} or None")
        if not isinstance(pace, (int, float)) or not math.isfinite(pace):
            raise InputError(f"pace: got {pace!r}; expected a speed in m/s")
        walk = Settings(robot=robot, scenario=scenario, gait=gait, engine=engine, name="environment")
        usual = STEERING if interface.get("actions") == "discrete" else Interface()
        given = {name: value for name, value in interface.items() if value is not None}
        sees = changed(usual, given, "settings of the environment")
        view = {"window": render_mode == "human", "camera": render_mode == "rgb_array"}
        self._traversal = TraversalEnvironment(
            walk.start_gait, walk.robot, walk.scenario, sees, pace, walk.engine, **view
        )
        self.render_mode = render_mode
        self.metadata = {**self.metadata, "render_fps": 1 / self._traversal.step_s}
        low, high = (bound.astype(np.float32) for bound in self._traversal.observation_bounds)
        count = self._traversal.actions
        discrete = sees.actions == "discrete"
        super().__init__(
            self._traversal,
            spaces.Box(low, high, dtype=np.float32),
            spaces.Discrete(count) if discrete else spaces.Box(-1.0, 1.0, (count,), np.float32),
        )

    @property
    def observation_names(self) -> tuple[str, ...]:
        """Names of the numbers of an observation."""
        return self._traversal.observation_names

    @property
    def action_names(self) -> tuple[str, ...]:
        """Names of what the numbers of an action change, or of the discrete actions."""
        return self._traversal.action_names

    def render(self) -> Picture | None:
        """Return a picture from beside the robot, (height, width, 3); None with a window, which shows every step.

        Raises:
            ProtocolError: no episode has begun.
        """
        if self.render_mode is None:
            gymnasium.logger.warn("render: this environment was made without a render_mode; name one: rgb_array, human")
            return None
        if not self._begun:
            raise ProtocolError("render: no episode has begun; call reset first")
        if self.render_mode == "human":
            return None
        x, y = self._position()
        return self._traversal.render(Camera(target=(x, y, CAMERA_HEIGHT_M)))

    def close(self) -> None:
        """Close the simulation."""
        self._running = False
        self._traversal.close()

    def _info(self) -> Info:
        info: Info = {"position": np.array(self._position())}
        if self._traversal.status is not None:
            info["status"] = self._traversal.status.value
        if self._traversal.time is not None:
            info["time_s"] = self._traversal.time
        return info

    def _position(self) -> tuple[float, float]:
        place = self._traversal.state.position
        assert place is not None  # a simulation always knows it
        return place[0], place[1]


class PuckWorldEnv(AdaptedEnv):
    """The puck, its target and the walls; `info` holds the `distance` to the target [m]."""

    metadata: dict[str, Any] = {"render_modes": [], "render_fps": 1 / STEP_S}  # noqa: RUF012

    def __init__(self) -> None:
        self._puck = PuckWorld()
        bounds = PUCK_BOUNDS.astype(np.float32)
        super().__init__(
            self._puck,
            spaces.Box(-bounds, bounds, dtype=np.float32),
            spaces.Box(-1.0, 1.0, (self._puck.actions,), np.float32),
        )

    def _info(self) -> Info:
        return {"distance": self._puck.distance}


for _id, _entry in ENVIRONMENTS.items():
    gymnasium.register(_id, **_entry)
