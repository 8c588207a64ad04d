"""A plot in a dialog: labeled axes in the colours of the theme, wheel and drag, no menus."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from dlgui.gui import theme
from dlgui.gui.widgets import named


class SmallPlot(pg.PlotWidget):
    """An empty plot.

    Args:
        name: its objectName.
        title: its accessible name.
        tip: its tooltip.
        bottom, left: texts at the axes.
    """

    def __init__(self, name: str, title: str, tip: str, bottom: str, left: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, enableMenu=False)
        named(self, name, tip).setAccessibleName(title)
        self.hideButtons()
        self.setLabel("bottom", bottom)
        self.setLabel("left", left)
        self.getAxis("left").enableAutoSIPrefix(False)
        self.showGrid(x=True, y=True, alpha=0.15)
        theme.notifier().changed.connect(self.dress)
        self.dress()

    def dress(self) -> None:
        """Follows the theme."""
        theme.dress_plot(self)
