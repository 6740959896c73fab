"""Live progress of filming: a bar for each walk on a terminal or in a notebook, nothing elsewhere."""

from __future__ import annotations

from gaitopt.view.progress_view import BarsView


class FilmProgressView(BarsView):
    """Shows the reports of `record_video`."""

    def __call__(self, label: str, part: float) -> None:
        """Show how much of the field is behind the robot."""
        self._move(f"filming {label}", round(100 * part), 100, "percent")
