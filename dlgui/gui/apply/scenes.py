"""Pictures of the Apply tab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from dlgui.gui.apply.sort_dialog import SortDialog
from dlgui.gui.scenes import Scene
from dlgui.project.operations import rejection

if TYPE_CHECKING:
    from dlgui.gui.apply.tab import ApplyTab


def scenes(tab: ApplyTab) -> list[Scene]:
    """The states worth looking at."""
    def some() -> None:
        project = tab.session.project
        if project is not None:
            table = project.images()
            tab.classify([str(project.image_root / path) for path in table.path[::max(len(table) // 40, 1)][:40]])

    def as_table() -> None:
        tab.results.show_page(1)
        tab.results.select([2])

    def designer() -> QWidget | None:
        project, run = tab.session.project, tab.model.run()
        if project is None or run is None:
            return None
        return tab.show_designer(rejection.gather(project, run))

    def sorting() -> QWidget:
        return SortDialog(tab.session.jobs, tab.table.answers, str(Path.home() / "sorted"), tab)

    def live() -> None:
        project = tab.session.project
        tab.show_camera(True)
        if project is not None and tab.model.path() is not None:
            tab.camera.play_folder(str(project.image_root), 2.0)

    return [Scene("apply-empty"), Scene("apply", some),
            Scene("apply-table", as_table, lambda: tab.results.show_page(0)),
            Scene("apply-reject", designer), Scene("apply-sort", sorting),
            Scene("apply-no-camera", lambda: tab.show_camera(True)),
            Scene("apply-live", live, lambda: tab.show_camera(False))]
