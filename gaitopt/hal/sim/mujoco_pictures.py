"""Pictures of a MuJoCo world, by EGL where there is no screen, and its window."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gaitopt.arrays import Array
from gaitopt.errors import BodyError
from gaitopt.hal.body import Camera
from gaitopt.hal.sim.mujoco_model import mujoco


class Pictures:
    """Draws one model, which is made to be looked at; physics have one of their own."""

    def __init__(self, model: mujoco.MjModel) -> None:
        self._model, self._data = model, mujoco.MjData(model)
        self._renderer: mujoco.Renderer | None = None
        self._viewer: Any = None

    def take(self, places: Array, camera: Camera) -> NDArray[np.uint8]:
        """Return a picture, (height, width, 3), of the robot in a state (`qpos` in MuJoCo).

        Raises:
            BodyError: this machine cannot draw.
        """
        renderer = self._renderer_for(camera)
        view = mujoco.MjvCamera()
        view.lookat[:] = camera.target
        view.distance = camera.distance
        view.azimuth, view.elevation = np.degrees(camera.yaw), -np.degrees(camera.pitch)
        self._move(places)
        renderer.update_scene(self._data, view)
        return renderer.render()

    def _renderer_for(self, camera: Camera) -> mujoco.Renderer:
        size = camera.height, camera.width
        if self._renderer is None or (self._renderer.height, self._renderer.width) != size:
            self._drop_renderer()
            visual = self._model.vis.global_
            visual.offheight, visual.offwidth = max(visual.offheight, size[0]), max(visual.offwidth, size[1])
            try:
                self._renderer = mujoco.Renderer(self._model, *size)
            except (mujoco.FatalError, ImportError, RuntimeError) as error:
                raise BodyError(
                    f"MuJoCo cannot draw pictures on this machine ({error}); "
                    "without a screen it needs EGL (libEGL, and MUJOCO_GL=egl before it is imported)"
                ) from error
        return self._renderer

    def _drop_renderer(self) -> None:
        if self._renderer is not None:
            self._renderer.close()
        self._renderer = None

    def show(self, places: Array) -> None:
        """Show a state in the window, and open it at first.

        Raises:
            BodyError: there is no display, or the user closed the window.
        """
        import mujoco.viewer as viewer

        if self._viewer is None:
            self._viewer = viewer.launch_passive(self._model, self._data, show_left_ui=False, show_right_ui=False)
        if not self._viewer.is_running():
            raise BodyError("the window was closed; the walk ended there")
        self._move(places)
        self._viewer.sync()

    def _move(self, places: Array) -> None:
        self._data.qpos[:] = places
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)

    def close(self) -> None:
        """Release renderer and window."""
        self._drop_renderer()
        if self._viewer is not None:
            self._viewer.close()
        self._viewer = None
