"""Beside the plot: how far the training is, how fast, what it gets most wrong, and what the coach says."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from dlgui.engine.coach import Advice
from dlgui.engine.progress import Pace, Report
from dlgui.gui import theme
from dlgui.gui.flowing_text import FlowingText
from dlgui.gui.grid_model import GridItem
from dlgui.gui.image_grid import ImageGrid
from dlgui.gui.session import Session
from dlgui.gui.still import Still
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.train.training import Told
from dlgui.gui.words import about_seconds, clock, megabytes, percent
from dlgui.project.operations import coaching, run_files
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

SIDE = 50


class LiveView(QWidget):
    """Figures, the worst images of the validation split, the coach.

    Signals:
        images_wanted: paths of images that the Data tab shall show: one that was double-clicked.
    """

    images_wanted = Signal(list)

    def __init__(self, session: Session, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("liveView")
        self.session = session
        self._values: dict[str, Still] = {}
        self._clock, self._timer = QElapsedTimer(), QTimer(self, interval=1000)
        self._timer.timeout.connect(self._tick)
        self._pace, self._live, self._shown = Pace(), False, ""
        self.worst = ImageGrid("worstImages", thumbnails)
        self.worst.setAccessibleName(self.tr("Worst images of the validation split"))
        self.worst.setToolTip(self.tr("The validation images that speak most against the network as it is now; below "
                                      "each what it takes it for. Double-click: show it in the Data tab."))
        self.worst.set_side(SIDE)
        self.worst.when_opened(lambda item: self.images_wanted.emit([item.name]))
        self.worst_title, self.coach, self.best = QLabel(), FlowingText(), QLabel()
        self.best.setObjectName("bestFigure")
        self.best.setAccessibleName(self.tr("The best epoch"))
        self.best.setWordWrap(True)
        self.worst_title.setProperty("head", True)
        self.coach.setObjectName("coachText")
        self.coach.setAccessibleName(self.tr("The coach"))
        self.coach.setToolTip(self.tr("What the figures mean, and what helps"))
        self._advice: list[Advice] = []
        self._error, self._notices = "", list[str]()
        self._build()
        theme.notifier().changed.connect(self._write_coach)
        self.setMinimumWidth(226)

    def _build(self) -> None:
        self.figures = QWidget()
        grid = QGridLayout(self.figures)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        names = (("elapsed", self.tr("elapsed")), ("left", self.tr("left")), ("epoch", self.tr("epoch")),
                 ("batch", self.tr("batch")), ("speed", self.tr("images/s")), ("memory", self.tr("memory")))
        for place, (key, text) in enumerate(names):
            word, value = QLabel(text), QLabel("–")
            word.setProperty("soft", True)
            value.setProperty("head", True)
            value.setObjectName(f"{key}Figure")
            value.setAccessibleName(text)
            self._values[key] = Still(value)
            row, column = 2 * (place // 2), place % 2
            grid.addWidget(word, row, column)
            grid.addWidget(self._values[key], row + 1, column)
        title = QLabel(self.tr("Coach"))
        title.setProperty("head", True)
        inside = QWidget()
        column_layout = QVBoxLayout(inside)
        column_layout.setContentsMargins(10, 8, 8, 8)
        column_layout.setSpacing(6)
        for widget in (self.figures, self.best, title, self.coach, self.worst_title, self.worst):
            column_layout.addWidget(widget)
        column_layout.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("liveScroll")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

    # --- while a training runs

    def begin(self) -> None:
        """A training has begun."""
        self._pace, self._live = Pace(), True
        for value in self._values.values():
            value.say("–")
        self._clock.start()
        self._timer.start()
        self._tick()

    def hold(self, on: bool) -> None:
        """A pause does not count."""
        if on and self._timer.isActive():
            self._tick()
            self._timer.stop()
        elif not on and not self._timer.isActive():
            self._clock.restart()
            self._timer.start()

    def end(self) -> None:
        """The training is over."""
        self._timer.stop()
        self._set("left", "–")

    def _tick(self) -> None:
        self._pace.add(1, self._clock.restart() / 1000)  # which leaves out what the computer slept
        if self._live:
            self._set("elapsed", clock(self._pace.seconds))

    def report(self, report: Report) -> None:
        """Takes in how far the task is, where its run is shown."""
        if self._live:
            self._set("left", clock(report.remaining) if report.remaining is not None else "–")

    def follow(self, told: Told) -> None:
        """Takes news in."""
        if told.memory is not None:
            self._set("memory", megabytes(told.memory))
        if told.batches:
            iteration, epoch = told.batches[-1][:2]
            each = iteration / epoch if epoch else 0
            epochs = round(told.iterations / each) if each else 0
            self._set("epoch", f"{min(int(epoch + 1 - 1e-9), epochs)} / {epochs}")
            self._set("batch", f"{int(iteration)} / {told.iterations}")
            self._set("speed", f"{told.images_per_second:.1f}")
        if told.notices:
            self._notices += told.notices
            self._write_coach()

    def _set(self, key: str, text: str) -> None:
        self._values[key].say(text)

    # --- what is known of the shown run

    def show_run(self, run: Run | None, live: bool) -> None:
        """Shows the worst images and the coach of a run as soon as they are read; its figures at once, where it does
        not train now."""
        self._show_best(run)
        if not live or run is None or run.id != self._shown:  # those of another run are wiped out
            self._show_figures(None if live else run)
        self._shown = run.id if run is not None else ""
        self._live = live
        project = self.session.project
        if project is None or run is None:
            self.session.jobs.drop("coach")
            self._take(([], "", [], []))
            return
        self.session.jobs.start("coach", self.tr("reading {run}").format(run=run.name or run.id),
                                lambda job: _read(project, run), done=self._take, quiet=True)

    def _take(self, read: tuple[list[Advice], str, list[str], list[run_files.Worst]]) -> None:
        self._advice, self._error, self._notices, found = read
        self._show_worst(self.session.project, found)
        self._write_coach()

    def _show_best(self, run: Run | None) -> None:
        text = ""
        if run is not None and run.best_epoch is not None and run.method == "finetune":
            text = (self.tr("Best in epoch {epoch}: validation error <b>{error}</b>") if run.best_epoch else self.tr(
                "Best is the start, the quick classifier: validation error <b>{error}</b>")).format(
                    epoch=run.best_epoch, error=percent(run.validation_top1_error))
        self.best.setText(text)
        self.best.setVisible(bool(text))

    def _show_figures(self, run: Run | None) -> None:
        texts = dict.fromkeys(self._values, "–")
        if run is not None:
            texts |= {"elapsed": about_seconds(run.train_seconds),
                      "speed": "–" if not run.images_per_second else f"{run.images_per_second:.1f}"}
            if run.method == "finetune":
                texts["epoch"] = f"{run.epochs or 0} / {run.parameters['settings']['epochs']}"
        for key, text in texts.items():
            self._set(key, text)

    def _show_worst(self, project: Project | None, found: list[run_files.Worst]) -> None:
        wrong = sum(row.truth != row.predicted for row in found)
        self.worst_title.setText(self.tr("Hardest validation images"))
        self.worst_title.setVisible(bool(found))
        self.worst.setVisible(bool(found))
        colours = {info.name: info.colour for info in project.classes()} if project is not None else {}
        root = project.image_root if project is not None else None

        def item(row: int) -> GridItem:
            worst = found[row]
            right = worst.truth == worst.predicted
            return GridItem(row, str(root / worst.path) if root is not None else "", worst.path,
                            percent(worst.confidence) if right else worst.predicted, colours.get(worst.truth, ""), "",
                            "" if right else "wrong", tip=self.tr(
                                "{path}\nclass {truth}, taken for {predicted}; confidence of its class {c}").format(
                                    path=worst.path, truth=worst.truth, predicted=worst.predicted,
                                    c=percent(worst.confidence)))

        self.worst.items.show(len(found), item)
        self.worst.setAccessibleDescription(self.tr("{n} of them wrong").format(n=wrong))
        self.worst.setFixedHeight(-(-len(found) // 3) * (SIDE + 40) + 6)  # all of them: the panel scrolls as a whole

    def _write_coach(self) -> None:
        c = theme.colours()
        colour = {"warning": c.warning, "hint": c.ink, "good": c.right}
        said = [(c.wrong, self._error)] if self._error else []
        said += [(c.ink, text) for text in self._notices]
        said += [(colour[advice.mood], advice.text) for advice in self._advice]
        parts = [f'<p style="margin: 0 0 7px 0; color: {ink}">{_escaped(text)}</p>' for ink, text in said]
        nothing = self.tr("Nothing to say yet. The coach speaks up when the curves show something.")
        self.coach.setText("".join(parts) or f'<p style="color: {c.soft}">{nothing}</p>')


def _read(project: Project, run: Run) -> tuple[list[Advice], str, list[str], list[run_files.Worst]]:
    """What the coach says, why the run failed, what the user should know, the worst images."""
    return coaching.advise(project, run), run.error or "", run_files.notices(run), run_files.worst(run)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
