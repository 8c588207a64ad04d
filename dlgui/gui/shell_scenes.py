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
    made = _Scenes(window)
    return [*made.of_the_window(), *made.of_the_data_tab()]


class _Scenes:
    """Puts the window into the states, and out of them again."""

    def __init__(self, window: MainWindow) -> None:
        assert window.session.project is not None
        self.window, self.project = window, window.session.project

    def of_the_window(self) -> list[Scene]:
        """Its dialogs and panels."""
        return [Scene("import", self._importing), Scene("health", self._health), Scene("relocate", self._relocating),
                Scene("rescan", self._rescanned), Scene("problem", self._problem), Scene("crash", self._crash),
                Scene("log", self._logged, self.window.log.hide), Scene("palette", self._palette)]

    def of_the_data_tab(self) -> list[Scene]:
        """What a person does there."""
        return [Scene("data_split", self._splitting, self._split_back),
                Scene("data_nothing_found", self._filtered, self.window.data_tab.clear_filter),
                Scene("data_adjusted", self._adjusted, self._plain)]

    def _importing(self) -> QWidget:
        from dlgui.gui.data.import_dialog import ImportDialog

        return ImportDialog(self.window.session.jobs, self.project.image_root, self.window)

    def _health(self) -> QWidget:
        from dlgui.gui.data.health_dialog import HealthDialog

        return HealthDialog(self.window.session, self.window.pictures, None, self.window)

    def _relocating(self) -> QWidget:
        from dlgui.gui.data.relocate_dialog import RelocateDialog

        return RelocateDialog(self.window.session, self.project, self.window)

    def _rescanned(self) -> QWidget:
        from dlgui.gui.data.rescan_dialog import RescanDialog
        from dlgui.project.changes import Changes
        from dlgui.project.operations.images import ImportReport

        paths = self.project.images().path
        long = "a folder with a very long name/another one/" + "x" * 90 + ".png"
        return RescanDialog(ImportReport(Changes(), labeled=2, kept=7, paths={
            "added": [*paths[:2], long], "removed": paths[2:3], "restored": [], "changed": paths[3:6]},
            rejected=[("local/part_0003.png", "no such file")], notes=[
                "labels.csv, lines 4, 5 and 9: the split 'holdout' is unknown, so these images have none; write train, "
                "validation or test"]), "csv:labels.csv", self.window)

    def _problem(self) -> QWidget:
        from dlgui.gui.problems import sentence
        from dlgui.gui.remedies import offers

        found = DlguiError(self.project.folder / "a customer with a long name/2026/images",
                           "the image folder is gone or was moved", "bring it back, or tell the project the new place",
                           "find images")
        return sentence(found, self.window, offers(found, self.window))

    def _crash(self) -> QWidget:
        from dlgui.gui.problems import CrashDialog

        try:
            raise ZeroDivisionError("division by zero")
        except ZeroDivisionError as bug:
            return CrashDialog(bug, self.window.log.lines(), self.window)

    def _logged(self) -> None:
        logger = logging.getLogger("dlgui.gui")
        logger.setLevel(logging.INFO)
        logger.info("opened %s", self.project.name)
        logger.warning("local/part_0003.png: the file is empty")
        self.window.tabs.setCurrentIndex(0)
        self.window.log.show()

    def _palette(self) -> QWidget:
        from dlgui.gui.palette import CommandPalette

        return CommandPalette(list(self.window.actions_by_name().values()), self.window)

    def _filtered(self) -> None:
        from dlgui.gui.filters import Filter

        self.window.tabs.setCurrentIndex(0)
        self.window.data_tab.show_only(Filter(text="no image has this name"))

    def _adjusted(self) -> None:
        self.window.tabs.setCurrentIndex(0)
        self.window.data_tab.grid.select([0])
        self.window.data_tab.detail.preview.adjust.setChecked(True)
        self.window.data_tab.detail.preview.auto.setChecked(True)

    def _plain(self) -> None:
        self.window.data_tab.detail.preview.adjust.setChecked(False)
        self.window.data_tab.detail.preview.reset_tone()

    def _splitting(self) -> None:
        self.window.tabs.setCurrentIndex(0)
        panel = self.window.data_tab.split_panel
        panel.overwrite.setChecked(True)
        panel.train.setValue(50)
        panel.validation.setValue(49)

    def _split_back(self) -> None:
        panel = self.window.data_tab.split_panel
        panel.overwrite.setChecked(False)
        panel.train.setValue(70)
        panel.validation.setValue(15)
