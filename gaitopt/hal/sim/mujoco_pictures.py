"""Pictures of a MuJoCo world, by EGL where there is no screen, and its window."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gaitopt.errors import BodyError
from gaitopt.hal.body import Camera

if sys.platform == "linux" and not os.environ.get("DISPLAY"):
    os.environ.setdefault("MUJOCO_GL", "egl")  # read when the renderer is imported

from gaitopt.hal.sim.mujoco_model import mujoco


class Pictures:
    """Draws one model."""

    def __init__(self, model: mujoco.MjModel) -> None:
        self._model = model
        self._renderer: mujoco.Renderer | None = None
        self._viewer: Any = None

    def take(self, data: mujoco.MjData, camera: Camera) -> NDArray[np.uint8]:
        """Return a picture, (height, width, 3)."""
        if self._renderer is None or (self._renderer.height, self._renderer.width) != (camera.height, camera.width):
            self.close()
            self._renderer = mujoco.Renderer(self._model, camera.height, camera.width)
        view = mujoco.MjvCamera()
        view.lookat[:] = camera.target
        view.distance = camera.distance
        view.azimuth, view.elevation = np.degrees(camera.yaw), -np.degrees(camera.pitch)
        self._renderer.update_scene(data, view)
        return self._renderer.render()

    def show(self, data: mujoco.MjData) -> None:
        """Show a state in the window, and open it at first.

        Raises:
            BodyError: there is no display, or the user closed the window.
        """
        import mujoco.viewer as viewer

        if self._viewer is None:
            self._viewer = viewer.launch_passive(self._model, data, show_left_ui=False, show_right_ui=False)
        if not self._viewer.is_running():
            raise BodyError("the window was closed; the walk ended there")
        self._viewer.sync()

    def close(self) -> None:
        """Release renderer and window."""
        if self._renderer is not None:
            self._renderer.close()
        if self._viewer is not None:
            self._viewer.close()
        self._renderer = self._viewer = None
