"""Pictures of what belongs to the whole window: dialogs, log, palette, problems."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from dlgui.errors import DlguiError
from dlgui.gui.scenes import Scene

if TYPE_CHECKING:
    from dlgui.gui.main_window import MainWindow


def scenes(window: MainWindow) -> list[Scene]:
    """The scenes; the project is open."""
    project = window.session.project
    assert project is not None

    def importing() -> QWidget:
        from dlgui.gui.data.import_dialog import ImportDialog

        return ImportDialog(window.session.jobs, project.image_root, window)

    def health() -> QWidget:
        from dlgui.gui.data.health_dialog import HealthDialog

        return HealthDialog(window.session, window.pictures, None, window)

    def relocating() -> QWidget:
        from dlgui.gui.data.relocate_dialog import RelocateDialog

        return RelocateDialog(window.session, project, window)

    def rescanned() -> QWidget:
        from dlgui.gui.data.rescan_dialog import RescanDialog
        from dlgui.project.changes import Changes
        from dlgui.project.operations.images import ImportReport

        paths = project.images().path
        long = "a folder with a very long name/another one/" + "x" * 90 + ".png"
        return RescanDialog(ImportReport(Changes(), labeled=2, kept=7, paths={
            "added": [*paths[:2], long], "removed": paths[2:3], "restored": [], "changed": paths[3:6]},
            rejected=[("local/part_0003.png", "no such file")], notes=[
                "labels.csv, lines 4, 5 and 9: the split 'holdout' is unknown, so these images have none; write train, "
                "validation or test"]), "csv:labels.csv", window)

    def problem() -> QWidget:
        from dlgui.gui.problems import sentence
        from dlgui.gui.remedies import offers

        found = DlguiError(project.folder / "a customer with a long name/2026/images", "the image folder is gone or "
                           "was moved", "bring it back, or tell the project the new place", "find images")
        return sentence(found, window, offers(found, window))

    def crash() -> QWidget:
        from dlgui.gui.problems import CrashDialog

        try:
            raise ZeroDivisionError("division by zero")
        except ZeroDivisionError as bug:
            return CrashDialog(bug, window.log.lines(), window)

    def logged() -> None:
        logger = logging.getLogger("dlgui.gui")
        logger.setLevel(logging.INFO)
        logger.info("opened %s", project.name)
        logger.warning("local/part_0003.png: the file is empty")
        window.tabs.setCurrentIndex(0)
        window.log.show()

    def palette() -> QWidget:
        from dlgui.gui.palette import CommandPalette

        return CommandPalette(list(window.actions_by_name().values()), window)

    def filtered() -> None:
        from dlgui.gui.filters import Filter

        window.tabs.setCurrentIndex(0)
        window.data_tab.show_only(Filter(text="no image has this name"))

    def adjusted() -> None:
        window.tabs.setCurrentIndex(0)
        window.data_tab.grid.select([0])
        window.data_tab.detail.preview.adjust.setChecked(True)
        window.data_tab.detail.preview.auto.setChecked(True)

    def plain() -> None:
        window.data_tab.detail.preview.adjust.setChecked(False)
        window.data_tab.detail.preview.reset_tone()

    def splitting() -> None:
        window.tabs.setCurrentIndex(0)
        panel = window.data_tab.split_panel
        panel.overwrite.setChecked(True)
        panel.train.setValue(50)
        panel.validation.setValue(49)

    def split_back() -> None:
        panel = window.data_tab.split_panel
        panel.overwrite.setChecked(False)
        panel.train.setValue(70)
        panel.validation.setValue(15)

    return [Scene("data_split", splitting, split_back), Scene("import", importing), Scene("health", health),
            Scene("relocate", relocating), Scene("rescan", rescanned), Scene("problem", problem), Scene("crash", crash),
            Scene("log", logged, window.log.hide), Scene("palette", palette),
            Scene("data_nothing_found", filtered, lambda: window.data_tab.clear_filter()),
            Scene("data_adjusted", adjusted, plain)]
