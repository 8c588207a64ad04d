"""Loss, errors and learning rate while they come in, of one run or of several over one another."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from dlgui.gui import theme
from dlgui.gui.pieces import Pieces
from dlgui.gui.train import picture_file, readout
from dlgui.gui.train.lines import COLOURS, KINDS, RunCurves, extent, rounded_up, steps
from dlgui.gui.train.plot_cursor import PlotCursor
from dlgui.gui.train.plot_legend import PlotLegend
from dlgui.gui.train.plot_line import PlotLine, pen_of
from dlgui.gui.words import shortened

LONGEST = 18
"""Letters of a run's name in the legend."""

PIECE = 2 * len(KINDS)
"""Lines that are made or drawn without a pause: those of two runs."""

DOTTED = 60
"""Up to so many visible epochs each is marked with a dot."""


class _PlainAxis(pg.AxisItem):
    """Writes 20 instead of 2·10¹ where it is logarithmic."""

    def logTickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        return [f"{scale * 10.0 ** value:.6g}" for value in values]


class TrainingPlot(pg.PlotWidget):
    """Errors in percent on the left axis; the learning rate as a step curve and the loss on axes of their own.

    The wheel zooms, dragging moves, a double click, or `fit`, shows everything again. A point under the mouse is read
    out. However long a curve is, only what the screen can show is drawn.

    Signals:
        read: the text of what is under the mouse, empty outside.
        follows: whether everything is shown, and what comes in with it; False once a person has chosen a part.
    """

    read, follows = Signal(str), Signal(bool)

    def __init__(self, parent: QWidget | None = None, name: str = "trainingPlot") -> None:
        super().__init__(parent, enableMenu=False, axisItems={"left": _PlainAxis("left")})
        self.setObjectName(name)
        self.setAccessibleName(self.tr("Training progress"))
        self.runs: list[RunCurves] = []
        self.smoothing, self.logarithmic, self.following = 0.0, False, True
        self._hidden: set[str] = set()
        self._lines: list[PlotLine] = []
        self._changing = False
        """Whether several ranges change, after which all is drawn once."""
        self._showing, self._drawing = Pieces(self), Pieces(self)
        self._make_axes()
        self.legend = PlotLegend(self.getPlotItem())
        self.legend.resized.connect(lambda: self.getPlotItem().setGeometry(self.range))  # what it pushed out comes back
        self._make_marks()
        self._cursor = PlotCursor(self, self._main)
        self._mouse = pg.SignalProxy(self.scene().sigMouseMoved, rateLimit=60, slot=lambda at: self._hover(at[0]))
        self.setToolTip("")
        self.dress()

    def _make_axes(self) -> None:
        """Left the errors; on the right learning rate and loss, each with a box of its own over the first."""
        item = self.getPlotItem()
        self._main = item.getViewBox()
        self._rate_box, self._loss_box = pg.ViewBox(enableMenu=False), pg.ViewBox(enableMenu=False)
        self._loss_axis = _PlainAxis("right")
        item.showAxis("right")
        item.layout.addItem(self._loss_axis, 2, 3)
        for box, axis in ((self._rate_box, item.getAxis("right")), (self._loss_box, self._loss_axis)):
            item.scene().addItem(box)
            axis.linkToView(box)
            axis.enableAutoSIPrefix(False)
            box.setXLink(self._main)
            box.setEnabled(False)  # it lies over the first box, which is what the mouse moves
            box.setZValue(-10)
        for axis in ("left", "bottom"):
            item.getAxis(axis).enableAutoSIPrefix(False)
        for axis in (*(item.getAxis(name) for name in ("left", "bottom", "right")), self._loss_axis):
            axis.setStyle(autoReduceTextSpace=False)  # to and fro with every tick, it has the whole plot painted twice
        self._main.sigResized.connect(self._place_boxes)
        self._main.sigRangeChanged.connect(lambda *_: self.redraw())
        self._main.sigRangeChangedManually.connect(lambda *_: self._follow(False))
        self._main.setLimits(xMin=-0.5)
        item.hideButtons()
        item.layout.setContentsMargins(4, 12, 6, 4)  # the highest tick's text stands half above the axis

    def _make_marks(self) -> None:
        """What is drawn besides curves: grid and best epoch."""
        self._grid = pg.PlotCurveItem(connect="pairs")  # an axis's own grid takes ten milliseconds to paint
        self._grid.setZValue(-20)
        self._main.addItem(self._grid, ignoreBounds=True)
        self._best = pg.InfiniteLine(angle=90, movable=False)
        self._star = pg.ScatterPlotItem(size=15, symbol="star")
        self._start = pg.TextItem()
        self._start.setZValue(20)
        for fixed in (self._best, self._star, self._start):
            self._main.addItem(fixed, ignoreBounds=True)
            fixed.hide()

    # --- looks

    def dress(self) -> None:
        """Follows the theme."""
        c, item = theme.colours(), self.getPlotItem()
        shades = COLOURS[c.name]
        self.setBackground(QColor(c.panel))
        item.setLabel("left", self.tr("top-1 error in %"), color=c.soft)
        item.setLabel("bottom", self.tr("epoch"), color=c.soft)
        item.getAxis("right").setLabel(self.tr("learning rate"), color=shades["rate"])
        self._loss_axis.setLabel(self.tr("loss"), color=shades["loss"])
        for axis in (*(item.getAxis(n) for n in ("left", "bottom", "right")), self._loss_axis):
            axis.setPen(c.line)
            axis.setTextPen(c.soft)
        self._grid.setPen(theme.pen(c.raised, width=1))
        self.legend.dress(c.ink)
        self._cursor.dress()
        self._best.setPen(theme.pen(c.soft, width=1, style=Qt.PenStyle.DashLine))
        self._star.setBrush(shades["validation"])
        self._star.setPen(pg.mkPen(c.panel, width=1))
        self._start.setText(self.tr("kept: the start (quick)"), QColor(c.ink))
        self._start.fill = pg.mkBrush(QColor(c.panel))
        self.show_runs(self.runs, keep_range=True)

    # --- content

    def show_runs(self, chosen: Sequence[RunCurves], keep_range: bool = False) -> None:
        """Draws runs, several of them a piece at a time; with one the kinds have HALCON's colours, with several each
        run has its own."""
        self.runs = list(chosen)
        self._showing.instead(self._show_lines(keep_range))

    def _show_lines(self, keep_range: bool) -> Iterator[None]:
        while len(self._lines) > len(KINDS) * len(self.runs):
            self._lines.pop().remove()
            if self._lines and len(self._lines) % PIECE == 0:
                yield
        boxes, there = {"loss": self._loss_box, "rate": self._rate_box}, len(self._lines)
        for n, (place, kind) in enumerate((place, kind) for place in range(len(self.runs)) for kind in KINDS):
            run, several = self.runs[place], len(self.runs) > 1
            pen, pale = pen_of(kind, place, several), pen_of(kind, place, several, faint=True)
            if n and n % PIECE == 0:
                yield
            if n < there:
                self._lines[n].take(run, pen, pale)
            else:
                self._lines.append(PlotLine(run, kind, boxes.get(kind, self._main), pen, pale))
        if not keep_range:
            self._follow(True)
        yield from self._entitle_and_draw()

    def _entitle_and_draw(self) -> Iterator[None]:
        yield from self._entitle()
        if self.following:
            self.fit()
        self.redraw()

    def _entitle(self) -> Iterator[None]:
        if len(self.runs) > 1:
            wanted = [(line.curve, shortened(line.run.name, LONGEST)
                       + (self.tr(": no curve") if line.run.empty else ""))
                      for line in self._lines if line.kind == "validation"]
        else:
            words = {"train": self.tr("training"), "validation": self.tr("validation"), "loss": self.tr("loss"),
                     "rate": self.tr("learning rate")}
            items = {line.kind: line.curve for line in self._lines}
            wanted = [(items.get(kind) or pg.PlotCurveItem(), word) for kind, word in words.items()
                      if kind not in self._hidden]
        yield from self.legend.entitle(wanted)

    def refresh(self) -> None:
        """Draws what has come in; moves the window along unless the user has chosen one."""
        if not self._showing.busy():  # else it is drawn anyway, when the lines are there
            self._showing.instead(self._entitle_and_draw())

    def paint_now(self) -> None:
        """Has the scene paint at once what has changed, once: a `repaint` it would follow by another."""
        QCoreApplication.sendPostedEvents(self.scene(), QEvent.Type.MetaCall.value)

    def set_smoothing(self, share: float) -> None:
        """Share of a run (0…1) over which each point is averaged; the raw curve stays behind, pale."""
        self.smoothing = share
        self.refresh()

    def set_logarithmic(self, on: bool) -> None:
        """Logarithmic axes for error and loss."""
        self.logarithmic = on
        item = self.getPlotItem()
        item.getAxis("left").setLogMode(x=False, y=on)
        self._loss_axis.setLogMode(x=False, y=on)
        self.fit()
        self.redraw()

    def set_kind(self, kind: str, shown: bool) -> None:
        """Shows or hides the curves of a kind."""
        (self._hidden.discard if shown else self._hidden.add)(kind)
        self.getPlotItem().showAxis("right", "rate" not in self._hidden)
        self._loss_axis.setVisible("loss" not in self._hidden)
        self._loss_axis.setWidth(None if "loss" not in self._hidden else 0)
        self.refresh()

    def fit(self) -> None:
        """Shows everything."""
        self._follow(True)
        self._changing = True
        try:
            self._fit()
        finally:
            self._changing = False

    def _fit(self) -> None:
        last = max([max(run.last, run.ahead) for run in self.runs], default=1.0) or 1.0
        errors = extent(self.runs, {"train", "validation"} - self._hidden)
        kept = len(self.runs) == 1 and self.runs[0].start_kept  # its mark stands at 0 and shall be seen whole
        self._main.setXRange(-min(0.03 * last, 0.5) if kept else 0, last * 1.02, padding=0)
        if self.logarithmic:
            low, high = max(errors[0], 0.01), max(errors[1], 0.1)
            self._main.setYRange(math.log10(low) - 0.1, math.log10(high) + 0.1, padding=0)
        else:
            top = rounded_up(max(errors[1], 0.1)) if self._judged() else 100.0
            self._main.setYRange(-0.02 * top, top, padding=0)  # what lies at zero is seen whole
        rate, loss = (extent(self.runs, {kind} - self._hidden) for kind in ("rate", "loss"))
        self._rate_box.setYRange(0, max(rate[1], 1e-12) * 1.08, padding=0)
        if self.logarithmic:
            self._loss_box.setYRange(math.log10(max(loss[0], 1e-6)), math.log10(max(loss[1], 1e-5)) + 0.05, padding=0)
        else:
            self._loss_box.setYRange(0, max(loss[1], 1e-9) * 1.05, padding=0)

    def _follow(self, on: bool) -> None:
        if on != self.following:
            self.following = on
            self.follows.emit(on)

    def _judged(self) -> bool:
        """Whether any error is known."""
        return any(run.level is not None or run.best_error is not None or len(run.curves["train"]) for run in self.runs)

    def _place_boxes(self) -> None:
        for box in (self._rate_box, self._loss_box):
            box.setGeometry(self._main.sceneBoundingRect())
            box.linkedViewChanged(self._main, box.XAxis)

    def redraw(self) -> None:
        """Gives the items what is visible of the curves, a piece of them at a time."""
        if not self._changing:
            self._drawing.instead(self._draw_lines())

    def _draw_lines(self) -> Iterator[None]:
        (low, high), (bottom, top) = self._main.viewRange()
        most = 2 * max(int(self._main.width()), 200)
        self._draw_grid(low, high, bottom, top)
        for n, line in enumerate(self._lines):
            if n and n % PIECE == 0:
                yield
            self._draw(line, low, high, most)
        self._mark_best()
        self.scene().prepareForPaint()  # what it would move while it is painted would be painted once more

    def _draw_grid(self, low: float, high: float, bottom: float, top: float) -> None:
        levels = self.getPlotItem().getAxis("left").tickValues(bottom, top, max(self._main.height(), 1))
        ticks = np.array(levels[0][1] if levels else [], np.float64)
        if len(ticks) < 3 and len(levels) > 1:
            ticks = np.concatenate([ticks, levels[1][1]])
        self._grid.setData(np.tile([low, high], len(ticks)), np.repeat(ticks, 2))

    def _draw(self, line: PlotLine, low: float, high: float, most: int) -> None:
        hidden = line.kind in self._hidden
        curve = line.smoothed(self.smoothing)
        x, y = ([], []) if hidden else curve.visible(low, high, most)
        if line.kind == "validation" and line.run.level is not None and not hidden:
            x, y = [low, high], [line.run.level] * 2
        if line.kind == "rate" and not hidden:
            x, y = steps(np.asarray(x), np.asarray(y))
        line.show("curve", np.asarray(x), self._scaled(line.kind, np.asarray(y)))
        raw = line.run.curves[line.kind]
        x, y = raw.visible(low, high, most) if curve is not raw and not hidden else ([], [])
        line.show("pale", np.asarray(x), self._scaled(line.kind, np.asarray(y)))
        if line.kind in ("train", "validation"):
            x, y = raw.visible(low, high, most)
            dotted = len(x) <= DOTTED and not hidden and line.curve.isVisible()
            x, y = (x, self._scaled(line.kind, y)) if dotted else (x[:0], y[:0])
            line.show("dots", x, y)
            line.show("cross", *((x, y) if len(raw) == 1 else (x[:0], y[:0])))

    def _scaled(self, kind: str, y: np.ndarray) -> np.ndarray:
        if not self.logarithmic or kind == "rate":
            return y
        return np.log10(np.maximum(y, 0.01 if kind != "loss" else 1e-6))

    def _mark_best(self) -> None:
        best = self.runs[0].best() if len(self.runs) == 1 and "validation" not in self._hidden else None
        for item in (self._best, self._star):
            item.setVisible(best is not None)
        self._start.setVisible(best is not None and self.runs[0].start_kept)
        if best is not None:
            height = self._scaled("validation", np.array([best[1]]))
            self._best.setPos(best[0])
            self._star.setData([best[0]], height)
            bottom, top = self._main.viewRange()[1]
            self._start.setAnchor((-0.06, 0.0 if height[0] > (bottom + top) / 2 else 1.0))
            self._start.setPos(best[0], float(height[0]))

    # --- reading

    def readout(self, epoch: float) -> str:
        """What the curves say at an epoch, as rich text; empty where there is nothing."""
        kinds = [kind for kind in KINDS if kind not in self._hidden]
        if len(self.runs) == 1:
            return readout.of_one(self.runs[0], epoch, kinds, self.tr) if self.runs[0].last else ""
        if not any(run.last for run in self.runs):
            return ""
        colours = [pen_of("validation", place, True).color().name() for place in range(len(self.runs))]
        return readout.of_several(self.runs, colours, epoch, kinds, self.tr)

    def _hover(self, at: Any) -> None:
        inside = self._main.sceneBoundingRect().contains(at) and bool(self.runs)
        epoch = self._main.mapSceneToView(at).x() if inside else 0.0
        text = self.readout(epoch) if inside else ""
        if text:
            self._cursor.show(epoch, self.mapFromScene(at), text)
        else:
            self._cursor.hide()
        self.read.emit(text)

    def leaveEvent(self, event: Any) -> None:
        self._cursor.hide()
        super().leaveEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()
        self.redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_lines"):
            self.redraw()

    def finish(self) -> None:
        """Draws at once what is left to draw."""
        self._showing.finish()
        self._drawing.finish()

    def picture(self, path: Path) -> Callable[[], None]:
        """What is shown as PNG or SVG, by the suffix; see `picture_file.paint`."""
        self._cursor.hide()
        self.finish()
        return picture_file.paint(path, self, lambda painter: self.render(painter, QRectF(self.rect()), self.rect()))
