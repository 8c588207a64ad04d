"""The toolbar at the right of the tabs: what is needed on every tab."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolBar, QToolButton, QWidget

from dlgui.gui import icons

SHOWN = ("actionUndo", "actionRedo", "", "actionImportFolder", "actionCheckData", "actionTrain", "actionExportReport",
         "", "actionCommandPalette", "actionSwitchTheme")


ICONS = {"actionTrain": "play"}
"""Icons of actions that come without one."""


class MainToolBar(QToolBar):
    """Icons of the most used actions; which ones is said in `SHOWN`."""

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mainToolBar")
        self.setWindowTitle(self.tr("Toolbar"))
        self.setIconSize(QSize(20, 20))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        for name in SHOWN:
            if not name:
                self.addSeparator()
            elif name in actions:
                if name in ICONS:
                    icons.dress(actions[name], ICONS[name])
                self.addAction(actions[name])
                shown = self.widgetForAction(actions[name])
                if isinstance(shown, QToolButton):
                    shown.setObjectName(f"tool{name.removeprefix('action')}")
                    shown.setAccessibleName(actions[name].toolTip())
                    shown.setFocusPolicy(Qt.FocusPolicy.TabFocus)
