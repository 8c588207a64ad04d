"""The grid of images: one model, one delegate, one view, for Data, Evaluate and Apply alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    QStringListModel,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtGui import (
    QBrush,
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QRegion,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from dlgui.gui import icons, theme, words
from dlgui.gui.elided_label import elided
from dlgui.gui.thumbnails import Thumbnails

Index = QModelIndex | QPersistentModelIndex
ITEM = int(Qt.ItemDataRole.UserRole)
DRAGGED = "application/x-dlgui-images"
"""What is dragged out of a grid: its selected images; the data is their number."""

DRAGGED_FILES = 1000
"""At most so many of them are handed to other programs as files."""

LINE = 16
"""Height of a line of a caption in pixels."""

SEEN = 1000
"""Where more neighbours are selected at once all is painted anew; asking where each of them lies takes longer."""

PLACES = 5000
"""So many positions are remembered of files whose thumbnails are on their way."""


@dataclass(frozen=True)
class GridItem:
    """What the grid shows of an image.

    Attributes:
        id: of the image in the project, or its place in a list.
        file: absolute path.
        name: relative path.
        caption: below the picture; a second line continues it where there is no room for one of its own.
        colour: stripe below the picture, `#rrggbb` or empty.
        badge: letters in the corner: T, V, E for the split.
        mark: `wrong`, `right`, `warning` or empty: the frame.
        flag: whether it is flagged.
        tip: tooltip.
        tentative: whether caption and colour are only suggested.
        figure: stands behind the caption, or on its second line, and whole where that has to be shortened.
    """

    id: int
    file: str
    name: str
    caption: str = ""
    colour: str = ""
    badge: str = ""
    mark: str = ""
    flag: bool = False
    tip: str = ""
    tentative: bool = False
    figure: str = ""


class GridModel(QStringListModel):
    """Items made on demand, so that 100,000 images cost nothing until they are seen.

    A list of empty strings stands for them: Qt asks a model for its number of rows once for each item that it lays out
    or selects, and must not have to ask Python.

    Signals:
        stale: position of an item to be painted anew, -1 for all. Not `dataChanged`, after which a list view lays out
            all items again.
    """

    stale = Signal(int)

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.thumbnails = thumbnails
        self._count = 0
        self._make: Any = None
        self._place: dict[str, int] = {}
        thumbnails.ready.connect(self._arrived)

    def show(self, count: int, make: Any) -> None:
        """Shows `count` items; `make(position)` gives a `GridItem`."""
        self._count, self._make = count, make
        self._place.clear()
        self.setStringList([""] * count)

    def refresh(self) -> None:
        """Items have changed, but not their number or order."""
        self.stale.emit(-1)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid() or index.row() >= self._count:
            return None
        if role not in (ITEM, int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.ToolTipRole),
                        int(Qt.ItemDataRole.AccessibleTextRole)):
            return None
        item: GridItem = self._make(index.row())
        if role == ITEM:
            if len(self._place) > PLACES:
                self._place.clear()
            self._place[item.file] = index.row()
            return item
        if role == Qt.ItemDataRole.ToolTipRole:
            return words.tip(item.tip or item.name)
        return " ".join(part for part in (item.name, item.caption.replace("\n", ""), item.figure) if part)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        return flag.ItemIsSelectable | flag.ItemIsEnabled | flag.ItemIsDragEnabled | flag.ItemNeverHasChildren

    def mimeTypes(self) -> list[str]:
        return [DRAGGED]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        items = [self.item(index.row()) for index in indexes[:DRAGGED_FILES]]
        data = QMimeData()
        data.setData(DRAGGED, str(len(indexes)).encode())
        data.setUrls([QUrl.fromLocalFile(item.file) for item in items])  # for other programs
        return data

    def item(self, row: int) -> GridItem:
        """The item at a position."""
        return self._make(row)

    def _arrived(self, file: str) -> None:
        row = self._place.get(file)
        if row is not None and row < self._count:
            self.stale.emit(row)


class GridDelegate(QStyledItemDelegate):
    """Paints picture, stripe, caption, badge, flag and frame."""

    side = 128
    lines = 1
    """Of a caption."""

    def size(self) -> QSize:
        """Of an item."""
        return QSize(self.side + 16, self.side + 24 + LINE * self.lines)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self.size()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item = index.data(ITEM)
        if item is None:
            return
        c = theme.colours()
        box = option.rect.adjusted(3, 3, -3, -3)
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(c.accent), 2))
            fill = QColor(c.accent)
            fill.setAlpha(46)
            painter.setBrush(fill)
            painter.drawRoundedRect(box, 6, 6)
        elif state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(c.accent), 1, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(box, 6, 6)
        picture = QRect(box.left() + 5, box.top() + 5, self.side, self.side)
        self._picture(painter, item, picture, index)
        self._marks(painter, item, picture, c)
        painter.setPen(QColor(c.ink if item.caption and not item.tentative else c.soft))
        text = QRect(box.left() + 2, picture.bottom() + 7, box.width() - 4, 18)
        for name, figure in self._caption(item):
            painter.drawText(text, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, elided(
                name, figure, painter.fontMetrics(), text.width()))
            text.translate(0, LINE)
        painter.restore()

    def _caption(self, item: GridItem) -> list[tuple[str, str]]:
        """Name and figure of each line."""
        first, _, second = (item.caption or item.name.rpartition("/")[2]).partition("\n")
        if self.lines == 1:
            return [(first + second, item.figure)]
        return [(first, ""), (second.strip(), item.figure)]

    def _picture(self, painter: QPainter, item: GridItem, box: QRect, index: Index) -> None:
        model = index.model()
        assert isinstance(model, GridModel)
        pixmap = model.thumbnails.get(item.file)
        if pixmap is None or pixmap.isNull():
            painter.fillRect(box, QColor(theme.colours().raised))
            if pixmap is not None:
                painter.setPen(QColor(theme.colours().soft))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.tr("cannot\nbe read"))
            return
        size = pixmap.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(box.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(target, pixmap)

    def _marks(self, painter: QPainter, item: GridItem, box: QRect, c: theme.Colours) -> None:
        if item.colour:
            style = Qt.BrushStyle.Dense5Pattern if item.tentative else Qt.BrushStyle.SolidPattern
            painter.fillRect(QRect(box.left(), box.bottom() - 3, box.width(), 4), QBrush(QColor(item.colour), style))
        if item.mark:
            colour = {"wrong": c.wrong, "right": c.right, "warning": c.warning}[item.mark]
            painter.setPen(QPen(QColor(colour), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box.adjusted(1, 1, -1, -1))
        if item.badge:
            self._badge(painter, QRect(box.right() - 20, box.top() + 3, 18, 18), "#30404d")
            painter.setPen(QColor("#ffffff"))
            painter.drawText(QRect(box.right() - 20, box.top() + 3, 18, 18), Qt.AlignmentFlag.AlignCenter, item.badge)
        left = box.left() + 3
        for drawing, ground, there in (("flag", "#b3541e", item.flag), ("warning", "#8a5a00", item.mark == "warning")):
            if there:
                badge = QRect(left, box.top() + 3, 18, 18)
                self._badge(painter, badge, ground)
                painter.drawPixmap(badge.adjusted(2, 2, -2, -2), _white(drawing))
                left += 21

    def _badge(self, painter: QPainter, box: QRect, ground: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(box, 4, 4)


@cache
def _white(drawing: str) -> QPixmap:
    """A drawing for a badge, large enough for a screen of 300 percent."""
    return icons.pixmap(drawing, 42, "#ffffff")


class ImageGrid(QListView):
    """The view.

    Signals:
        picked: positions of the selected items, after every change of the selection.
        key: text of a key that is not a movement, with whether Shift was held.
        opened: position of an item that was double-clicked.
        menu: an empty `QMenu` that listeners fill for the selected images; shown if they did.
    """

    menu = Signal(object)
    picked = Signal(object)  # of thousands of numbers Qt would make a list of its own
    key = Signal(str, bool)
    opened = Signal(int)

    def __init__(self, name: str, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(self.tr("Images"))
        self.when_empty = self.tr("There is no image to show here.")
        self.setToolTip(self.tr("Images. Click, Shift+click, Ctrl+click or drag a frame to select."))
        self.items = GridModel(thumbnails, self)
        self.setModel(self.items)
        self.items.stale.connect(self._repaint)
        self.paint_item = GridDelegate(self)
        self.setItemDelegate(self.paint_item)
        self.setViewMode(QListView.ViewMode.ListMode)  # lays out 100,000 items far faster than the icon mode
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionRectVisible(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(40)
        self._chosen: list[int] | None = None
        self.items.modelReset.connect(self._forget)
        self.selectionModel().selectionChanged.connect(self._forget)
        self.selectionModel().selectionChanged.connect(lambda *_: self.picked.emit(self.selected()))
        self.doubleClicked.connect(lambda index: self.opened.emit(index.row()))
        self.set_side(128)

    def when_opened(self, show: Callable[[GridItem], object]) -> None:
        """Calls `show` with an item that is double-clicked, or that is the current one when Enter is pressed."""
        self.opened.connect(lambda row: show(self.items.item(row)))
        self.key.connect(lambda key, _: show(self.items.item(self.currentIndex().row()))
                         if key == "enter" and self.currentIndex().isValid() else None)

    def set_side(self, side: int) -> None:
        """Side of the pictures in pixels."""
        self.paint_item.side = side
        self.setGridSize(self.paint_item.size())

    def set_lines(self, lines: int) -> None:
        """Lines of a caption: 1 or 2."""
        if lines != self.paint_item.lines:
            self.paint_item.lines = lines
            self.setGridSize(self.paint_item.size())

    def fit_names(self, names: Sequence[str]) -> None:
        """One line for captions where two of these names and a percentage have room on it, else two."""
        metrics = self.fontMetrics()
        room = self.gridSize().width() - 10 - metrics.horizontalAdvance("→  99 %")
        self.set_lines(1 if sum(sorted(map(metrics.horizontalAdvance, names))[-2:]) <= room else 2)

    def selected(self) -> list[int]:
        """Positions of the selected items, ascending."""
        if self._chosen is None:
            parts = self.selectionModel().selection().toList()
            if len(parts) == 1:  # of 100,000, mostly
                self._chosen = list(range(parts[0].top(), parts[0].bottom() + 1))
            else:
                self._chosen = sorted({row for part in parts for row in range(part.top(), part.bottom() + 1)})
        return self._chosen.copy()

    def _forget(self) -> None:
        self._chosen = None

    def selectAll(self) -> None:
        """Selects every item as one range; a list view would ask for each."""
        if self.items.rowCount():
            whole = QItemSelection(self.items.index(0), self.items.index(self.items.rowCount() - 1))
            self.selectionModel().select(whole, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def select(self, rows: Sequence[int] | np.ndarray) -> None:
        """Selects positions and shows the first."""
        model, chosen, index = self.selectionModel(), QItemSelection(), self.items.index
        places = np.asarray(rows, np.int64)
        ends = np.flatnonzero(np.diff(places, append=-1) != 1)  # neighbours as one range: there may be thousands
        for first, last in zip(places[np.append(0, ends[:-1] + 1)].tolist() if len(places) else [],
                               places[ends].tolist(), strict=True):
            chosen.select(index(first), index(last))
        if len(ends) > SEEN:
            model.reset()  # without a word; taking thousands of ranges out of what was selected needs half a second
            self.viewport().update()
        model.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if len(rows):
            self.go_to(rows[0])

    def go_to(self, row: int) -> None:
        """Makes an item the current one and shows it; the selection stays."""
        self.selectionModel().setCurrentIndex(self.items.index(row), QItemSelectionModel.SelectionFlag.NoUpdate)
        self.scrollTo(self.items.index(row))

    def click_marks(self, on: bool) -> None:
        """Whether a click adds an item to the selection or takes it away, instead of selecting it alone."""
        mode = QAbstractItemView.SelectionMode
        self.setSelectionMode(mode.MultiSelection if on else mode.ExtendedSelection)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        extended = self.selectionMode() == QAbstractItemView.SelectionMode.ExtendedSelection
        self.setDragEnabled(extended and not event.modifiers() and self.selectionModel().isSelected(index))
        super().mousePressEvent(event)  # what is selected is dragged; from elsewhere a frame selects

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.items.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(QColor(theme.colours().soft))
            painter.drawText(self.viewport().rect().adjusted(20, 20, -20, -20),
                             Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.when_empty)
            painter.end()

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        many = selection.count() > SEEN or any(part.bottom() - part.top() > SEEN for part in selection.toList())
        return QRegion(self.viewport().rect()) if many else super().visualRegionForSelection(selection)

    def _repaint(self, row: int) -> None:
        self.viewport().update(self.visualRect(self.items.index(row)) if row >= 0 else self.viewport().rect())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        if index.isValid() and not self.selectionModel().isSelected(index):
            self.select([index.row()])
        if self.selectionModel().hasSelection():
            menu = QMenu(self)
            self.menu.emit(menu)
            if not menu.isEmpty():
                menu.exec(event.globalPos())
            menu.deleteLater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
                                         | Qt.KeyboardModifier.MetaModifier)
        text = event.text().lower()
        if plain and text in ("a", "d"):
            self._step(-1 if text == "a" else 1)
        elif plain and ((text and text.isprintable() and not text.isspace())
                        or event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Return, Qt.Key.Key_Enter)):
            names = {Qt.Key.Key_Delete: "delete", Qt.Key.Key_Return: "enter", Qt.Key.Key_Enter: "enter"}
            self.key.emit(names.get(Qt.Key(event.key()), text), shift)
        else:
            super().keyPressEvent(event)

    def _step(self, by: int) -> None:
        row = self.currentIndex().row() + by
        if 0 <= row < self.items.rowCount():
            if self.selectionMode() == QAbstractItemView.SelectionMode.ExtendedSelection:
                self.select([row])
            else:
                self.go_to(row)
