"""Headers of the confusion matrix: class names with their figures, so that both stay in sight while scrolling."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetrics, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from dlgui.engine.matrix_table import Margin
from dlgui.gui import theme

ROOM = 36
"""Columns narrower than that many pixels have no room for figures."""
UNITS = 58
"""Columns narrower than that many pixels have no room for the figures' percent signs."""
AXIS = 112
"""Room for the names of the axes, where the headers meet."""
LINE = 17
"""Height of a figure above a column, in pixels."""
FIGURES = 0.36
"""Figures beside rows that would take more than that share of the matrix are left out."""
LONGEST, SHARE, ROOMY_SHARE = 150, 0.3, 0.45
"""Names longer than that many pixels, or than a share of the matrix, are cut (the larger share where the matrix scrolls
anyway); the tooltip has all."""
GENEROUS_SHARES = (0.6, 0.5, 0.4)
"""Of the matrix, that names may take as long as its cells stay comfortable; tried in this order."""
READABLE = 9
"""Sections narrower than that many pixels show no text."""


class MatrixHeader(QHeaderView):
    """Paints a name and figures for every section; long names of columns stand upright."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget) -> None:
        super().__init__(orientation, parent)
        self.setSectionsClickable(True)
        self.setHighlightSections(True)
        self.setMinimumSectionSize(1)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._names: list[str] = []
        self._margin = Margin([], [])
        self._marked: set[int] = set()
        self._needed = 0
        self.share = SHARE
        """Of the matrix, that names may take."""
        self.figures_share = FIGURES
        """Of the matrix, that figures beside rows may take."""
        self._widths: list[int] = []

    def show_lines(self, names: list[str], margin: Margin) -> None:
        """Shows names and figures of the lines; the last section of the model is their sum."""
        self._names, self._margin = names, margin
        metrics = QFontMetrics(self._bold(shrunk=False))
        self._needed = max((metrics.horizontalAdvance(n) for n in names), default=0)
        plain = QFontMetrics(self.font())
        self._widths = [max(map(plain.horizontalAdvance, [name, *(texts[i] for texts in margin.texts)])) + 12
                        for i, name in enumerate(margin.names)]
        self.updateGeometry()
        self.viewport().update()

    def mark(self, lines: set[int]) -> None:
        """Marks lines that a search has found."""
        self._marked = lines
        self.viewport().update()

    def _bold(self, shrunk: bool = True) -> QFont:
        """The font of names; small sections have a small one."""
        font = QFont(self.font())
        font.setBold(True)
        if shrunk and self.defaultSectionSize() < LINE:
            font.setPixelSize(max(self.defaultSectionSize() - 2, 6))
        return font

    @property
    def _widest(self) -> int:
        """Pixels that names get at most."""
        shrunk = QFontInfo(self._bold()).pixelSize() / max(QFontInfo(self._bold(shrunk=False)).pixelSize(), 1)
        most = round(self._across * self.share)
        return min(round(self._needed * shrunk) + 12, max(most if self.share in GENEROUS_SHARES else min(most, LONGEST),
                                                          60))

    @property
    def _across(self) -> int:
        """Pixels that the matrix has in the direction in which the header grows."""
        view = self.parent()
        assert isinstance(view, QWidget)
        return view.width() if self.orientation() == Qt.Orientation.Vertical else view.height()

    @property
    def upright(self) -> bool:
        """Whether names stand upright."""
        return self.orientation() == Qt.Orientation.Horizontal and self._widest > self.defaultSectionSize() - 2

    @property
    def figures(self) -> int:
        """How many figures have room."""
        if self.orientation() == Qt.Orientation.Horizontal and self.defaultSectionSize() < ROOM:
            return 0
        if self.orientation() == Qt.Orientation.Vertical and (
                self.defaultSectionSize() < LINE - 3 or sum(self._widths) > self.figures_share * self._across):
            return 0
        return len(self._margin.names)

    @property
    def name_extent(self) -> int:
        """Pixels across which a name is written."""
        if self.defaultSectionSize() < READABLE:
            return 16
        if self.orientation() == Qt.Orientation.Vertical:
            return max(self._widest, AXIS - sum(self._widths[:self.figures]))
        return self._widest if self.upright else 24

    def sizeHint(self) -> QSize:
        if self.orientation() == Qt.Orientation.Vertical:
            return QSize(self.name_extent + sum(self._widths[:self.figures]), 0)
        return QSize(0, self.name_extent + (self.figures + 1) * LINE + 2)  # the last line is the corner's

    def figure_place(self, figure: int) -> tuple[int, int]:
        """Left edge and width of a figure beside a row."""
        return self.name_extent + sum(self._widths[:figure]), self._widths[figure]

    def figure_names(self) -> list[str]:
        """Titles of the figures that are shown."""
        return self._margin.names[:self.figures]

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        selected = self.selectionModel() is not None and (
            self.selectionModel().columnIntersectsSelection(section, self.rootIndex())
            if self.orientation() == Qt.Orientation.Horizontal
            else self.selectionModel().rowIntersectsSelection(section, self.rootIndex()))
        self.draw_section(painter, rect, section, selected, section in self._marked)

    def draw_section(self, painter: QPainter, rect: QRect, section: int, selected: bool = False,
                     marked: bool = False) -> None:
        """Draws name and figures of a line."""
        c, total = theme.colours(), section >= len(self._names)
        painter.fillRect(rect, QColor(c.warning if marked else c.raised if selected else c.window))
        if min(rect.width(), rect.height()) < READABLE:
            return
        painter.setPen(QColor(c.window if marked else c.ink if selected else c.soft))
        name = self.tr("sum") if total else self._names[section]
        extent = self.name_extent
        painter.save()
        painter.setFont(self._bold())
        if self.upright:
            painter.translate(rect.left(), rect.top() + extent)
            painter.rotate(-90)
            box = QRect(2, 0, extent - 6, rect.width())
        elif self.orientation() == Qt.Orientation.Horizontal:
            box = QRect(rect.left() + 2, rect.top(), rect.width() - 4, extent)
        else:
            box = QRect(rect.left() + 6, rect.top(), extent - 8, rect.height())
        centred = self.orientation() == Qt.Orientation.Horizontal and not self.upright
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter if centred else
                                  Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft),
                         QFontMetrics(self._bold()).elidedText(name, Qt.TextElideMode.ElideMiddle, box.width()))
        painter.restore()
        for i in range(0 if total else self.figures):
            text = self._margin.texts[section][i]
            if self.orientation() == Qt.Orientation.Horizontal and rect.width() < UNITS:
                text = text.removesuffix(" %")
            if self.orientation() == Qt.Orientation.Vertical:
                left, width = self.figure_place(i)
                place = QRect(rect.left() + left, rect.top(), width - 6, rect.height())
                painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), text)
            else:
                place = QRect(rect.left(), rect.top() + extent + i * LINE, rect.width(), LINE)
                painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), text)


class Corner(QWidget):
    """Names the axes and the figures, where the headers meet; a click chooses all."""

    def __init__(self, rows: MatrixHeader, columns: MatrixHeader, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows, self.columns, self.transposed = rows, columns, False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        self.draw(painter, self.size())
        painter.end()

    def draw(self, painter: QPainter, size: QSize) -> None:
        """Draws the corner at the origin of a painter."""
        c, flag = theme.colours(), Qt.AlignmentFlag
        painter.fillRect(QRect(0, 0, size.width(), size.height()), QColor(c.window))
        if size.width() < 60:  # no room for words
            return
        painter.setPen(QColor(c.soft))
        truth, answer = self.tr("ground truth"), self.tr("predicted")
        right, below = (answer, truth) if self.transposed else (truth, answer)
        extent = self.columns.name_extent
        painter.drawText(QRect(4, 0, size.width() - 10, max(extent, 18)), int(flag.AlignRight | flag.AlignTop),
                         f"{right} →")
        for i, name in enumerate(self.columns.figure_names()):
            painter.drawText(QRect(0, extent + i * LINE, size.width() - 6, LINE),
                             int(flag.AlignRight | flag.AlignVCenter), name)
        bottom = size.height() - LINE - 1
        above = LINE if self.rows.figures else 0  # not into the titles of the figures
        painter.drawText(QRect(6, bottom - above, size.width() - 6, LINE), int(flag.AlignLeft | flag.AlignVCenter),
                         f"↓ {below}")
        for i, name in enumerate(self.rows.figure_names()):
            left, width = self.rows.figure_place(i)
            painter.drawText(QRect(left, bottom, width - 6, LINE), int(flag.AlignRight | flag.AlignVCenter), name)
