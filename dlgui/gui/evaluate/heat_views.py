"""An image with its heatmap, or two side by side, each under a heading."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from dlgui.gui.elided_label import ElidedLabel
from dlgui.gui.image_view import ImageView


class HeatViews(QWidget):
    """The pictures; the second is there only where two are shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.first, self.second = ImageView("heatmapView"), ImageView("heatmapViewTruth")
        self.heads = ElidedLabel(), ElidedLabel()
        self._places: list[QWidget] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        for head, view in zip(self.heads, (self.first, self.second), strict=True):
            head.setProperty("soft", True)
            place = QWidget()
            column = QVBoxLayout(place)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(2)
            column.addWidget(head)
            column.addWidget(view, 1)
            row.addWidget(place, 1)
            self._places.append(place)
        self._show_second(False)

    def show_pictures(self, made: Sequence[tuple[QImage, str]]) -> None:
        """Shows one picture or two, each with its heading, if any."""
        self._show_second(len(made) == 2)
        for view, head, (image, text) in zip((self.first, self.second), self.heads, made, strict=False):
            view.show_image(image)
            head.setText(text)
            head.setVisible(bool(text))

    def say(self, text: str) -> None:
        """A sentence in the place of a picture."""
        for view in (self.first, self.second):
            view.show_image(QImage())
        self._show_second(False)
        self.first.say(text)

    def wait(self) -> None:
        """What is shown stays until pictures come; a sentence goes."""
        self.first.say("")

    def _show_second(self, visible: bool) -> None:
        self._places[1].setVisible(visible)
        for head in self.heads:
            head.setVisible(visible)
