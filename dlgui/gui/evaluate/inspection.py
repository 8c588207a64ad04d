"""What the Evaluate tab looks at: a run on a split, a what-if, and a predicate that chooses images.

The one model behind matrix, grid, curves and the other pages: they show it and ask it for changes, and never talk to
one another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from dlgui.engine.evaluation import Evaluation, evaluate
from dlgui.engine.selection import Criteria, select
from dlgui.engine.what_if import Decisions, decide, merge
from dlgui.errors import DlguiError
from dlgui.gui.evaluate.samples import Sample
from dlgui.gui.jobs import Job
from dlgui.gui.session import Session
from dlgui.gui.words import short, told
from dlgui.project.operations import epochs, evaluations, ghosts, labels, runs
from dlgui.project.operations.ghosts import Ghost
from dlgui.project.operations.runs import Run
from dlgui.project.project import ImageTable, Project

NAMED = 3
"""So many classes are named of those that a run does not know."""

RANKING = "ranking"
"""The order by `Inspection.ranking`."""


class Inspection(QObject):
    """Holds what is looked at.

    Attributes:
        run, split: what was evaluated; None before.
        epoch: the validation images as after this epoch of a fine-tuning; None for the finished model.
        evaluation: figures of the run as it is, against today's labels; None where there is nothing to show.
        problem: why there is nothing to show; empty where there is something.
        mend: what helps against it, as `DlguiError.mend` says it.
        left_out: in words, which images of the split are not among them; empty where none is missing.
        ghost: the run before labels were changed, None where none was; `ghost_decisions` with the same what-if.
        decisions: the same with the what-if (merged classes, a threshold) applied; its samples stand in the same order.
        criteria, order: which images are chosen, and in which order: a name of `selection.ORDERS`, or `ranking`.
        ranking: float (n,) by position, greatest first, for the order `ranking`: likeness, flips; None without.
        captions: what stands below an image instead of its prediction, by position.
        positions: the chosen images, int64, as positions in the predictions of both.
        named: in words, what `criteria.only` is (a slice, a disagreement); empty without.
        choices: how often images were chosen; unlike `positions` it does not change when images come or go.

    Signals:
        asked: the id of a run that is about to be evaluated.
        loaded: `evaluation` is another.
        decided: `decisions` is another; follows `loaded`.
        chosen: `positions` are others; follows `decided`.
        failed: a sentence that says why there is nothing to show.
    """

    asked = Signal(str)
    loaded = Signal()
    decided = Signal()
    chosen = Signal()
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.run: Run | None = None
        self.split = "test"
        self.epoch: float | None = None
        self.evaluation: Evaluation | None = None
        self.decisions: Decisions | None = None
        self.problem = self.mend = self.left_out = ""
        self.ghost: Ghost | None = None
        self.ghost_decisions: Decisions | None = None
        self.groups: tuple[tuple[str, ...], ...] = ()
        self.threshold = 0.0
        self.criteria, self.order, self.named = Criteria("wrong"), "loss", ""
        self.positions = np.empty(0, np.int64)
        self.choices = 0
        self.ranking: np.ndarray | None = None
        self.captions: dict[int, str] = {}
        self._then: Callable[[], None] | None = None
        self._asked: tuple[str | None, float | None] = (None, None)
        self._rows: dict[str, int] = {}
        self._order_before = ""
        """The order that was left for a list's own; it comes back with the next choice."""

    # --- what is evaluated

    def load(self, run_id: str | None, split: str, epoch: float | None = None,
             then: Callable[[], None] | None = None) -> None:
        """Evaluates a run on a split, off the window's thread.

        Args:
            run_id: None shows nothing.
            split: a name of `splitting.SUBSETS`, or `all`.
            epoch: of a fine-tuning; its validation images are shown, whatever the split.
            then: called when that is shown.
        """
        project, self.split, self._then, self._asked = self.session.project, split, then, (run_id, epoch)
        if project is None or run_id is None:
            self.session.jobs.drop("evaluation")
            if project is None:
                self._fail("", "")
            else:
                self._fail(self.tr("No finished run yet: train one first."), "train")
            return
        self.asked.emit(run_id)
        self.session.jobs.start("evaluation", self.tr("evaluation"),
                                lambda job: _evaluate(job, project, run_id, split, epoch),
                                done=self.take, failed=self._not_evaluated)

    def load_again(self, run_id: str | None) -> None:
        """Evaluates a run anew because data has changed; of the same run what was asked for last stays."""
        same = run_id == self._asked[0]
        self.load(run_id, self.split, self._asked[1] if same else None, self._then if same else None)

    def show_epoch(self, epoch: float | None, then: Callable[[], None] | None = None) -> None:
        """Shows the run as after another epoch; None for the finished model."""
        if self.run is not None:
            self.load(self.run.id, self.split, epoch, then)

    def when(self) -> str:
        """Which network answered, where it is not the finished one: `after epoch 3`; else empty."""
        return self.tr("after epoch {epoch:g}").format(epoch=self.epoch) if self.epoch is not None else ""

    def _not_evaluated(self, problem: Exception) -> None:
        if not isinstance(problem, DlguiError):  # a bug is for the crash dialog
            self.session.problem.emit(problem)
        self._fail(told(problem), getattr(problem, "mend", ""))

    def _fail(self, problem: str, mend: str) -> None:
        self.mend = mend
        self.take(Loaded(problem=problem))
        self.failed.emit(problem)

    def take(self, found: Loaded) -> None:
        """Shows what was loaded; the what-if and the choice stay as far as they still mean something."""
        before, evaluation = self.evaluation, found.evaluation
        self.run, self.evaluation, self.epoch, self.ghost = found.run, evaluation, found.epoch, found.ghost
        self.problem, self.left_out = found.problem, found.left_out
        table = self.session.project.images() if self.session.project is not None else None
        self._rows = {} if table is None else table.row_of_path
        if before is None or evaluation is None or before.classes != evaluation.classes:
            self.groups = ()
            self.criteria = replace(self.criteria, truth=None, predicted=None, cells=None)
        was = before.predictions.paths if before is not None else []
        now = evaluation.predictions.paths if evaluation is not None else []
        if was != now:
            self._move(was, now)
        self.loaded.emit()
        self._decide()
        then, self._then = self._then, None
        if then is not None and evaluation is not None:
            then()

    def _move(self, was: list[str], now: list[str]) -> None:
        """Images came or went: positions become those of the same images."""
        place = {path: i for i, path in enumerate(now)}
        new = np.array([place.get(path, -1) for path in was], np.int64)
        only = self.criteria.only
        if only is not None:
            left = np.sort(new[only][new[only] >= 0])
            self.criteria = replace(self.criteria, only=left if len(left) else None)
            self.named = self.named if len(left) else ""
        if self.ranking is not None:
            moved = np.full(len(now), -np.inf)
            moved[new[new >= 0]] = self.ranking[new >= 0]
            self.ranking = moved if (new >= 0).any() else None
        self.captions = {int(new[i]): text for i, text in self.captions.items() if new[i] >= 0}

    # --- what would be if

    def suppose(self, groups: Sequence[Sequence[str]] | None = None, threshold: float | None = None) -> None:
        """Merges classes and refuses unsure answers; None leaves either as it is."""
        if groups is not None:
            self.groups = tuple(tuple(g) for g in groups if len(g) > 1)
        if threshold is not None:
            self.threshold = threshold
        self._decide()

    def _decide(self) -> None:
        before = self.decisions
        self.decisions = (decide(merge(self.evaluation.predictions, self.groups), self.threshold)
                          if self.evaluation is not None else None)
        was = self.ghost.evaluation if self.ghost is not None else None
        self.ghost_decisions = decide(merge(was.predictions, self.groups), self.threshold) if was is not None else None
        if before is not None and self.decisions is not None and before.classes != self.decisions.classes:
            self.criteria = replace(self.criteria, truth=None, predicted=None, cells=None)
        cells = self.criteria.cells
        if self.threshold == 0 and cells is not None and not cells[:-1].any():  # "not sure" alone, which is no more
            self.criteria = Criteria("wrong")
        self.decided.emit()
        self._select()

    # --- which images

    def choose(self, criteria: Criteria, named: str = "") -> None:
        """Chooses the images that meet criteria; `named` says in words what `criteria.only` is."""
        if criteria.only is None:
            self.captions = {}
            self.order, self._order_before = self._order_before or self.order, ""
        self.criteria, self.named = criteria, named
        self.choices += 1
        self._select()

    def choose_cells(self, cells: np.ndarray) -> None:
        """Chooses cells of the matrix, bool (k + 1, k); filters by confidence, rank and name stay."""
        self.choose(replace(self.criteria, outcome="all", truth=None, predicted=None, cells=cells, only=None))

    def choose_only(self, positions: np.ndarray, named: str, outcome: str = "all", ranking: np.ndarray | None = None,
                    captions: dict[int, str] | None = None) -> None:
        """Chooses images by position, such as a slice.

        Args:
            positions: of the evaluation.
            named: what they are, in words.
            outcome: one of `selection.OUTCOMES`.
            ranking: see the attribute; given, the images are sorted by it.
            captions: see the attribute.
        """
        self.captions = dict(captions or {})
        if ranking is not None:
            self._order_before = self._order_before or self.order
            self.ranking, self.order = ranking, RANKING
        self.choose(replace(Criteria(), outcome=outcome, only=positions), named)

    def sort(self, order: str, ranking: np.ndarray | None = None) -> None:
        """Sorts the chosen images by one of `selection.ORDERS`, or by a ranking."""
        self.order, self._order_before = order, ""
        if ranking is not None:
            self.ranking = ranking
        self._select()

    def _select(self) -> None:
        shown = self.decisions
        if shown is None:
            self.positions = np.empty(0, np.int64)
        else:
            ranked = self.order == RANKING and self.ranking is not None
            order = None if ranked else "loss" if self.order == RANKING else self.order
            self.positions = select(shown.predictions, self.criteria, order, answer=shown.answer)
            if ranked:
                assert self.ranking is not None
                self.positions = self.positions[np.argsort(-self.ranking[self.positions], kind="stable")]
        self.chosen.emit()

    def samples(self, positions: Sequence[int] | np.ndarray) -> list[Sample]:
        """The images at positions of the evaluation."""
        project = self.session.project
        if self.evaluation is None or project is None:
            return []
        found, root, table = self.evaluation.predictions, project.image_root, project.images()
        made = []
        for i in (int(p) for p in positions):
            path = found.paths[i]
            row = self._rows.get(path)
            current = row is not None and row < len(table) and table.path[row] == path
            known = row if current else None
            made.append(Sample(i, int(table.id[known]) if known is not None else None, path, Path(root / path),
                               found.classes[found.truth[i]], found.classes[found.predicted[i]],
                               float(found.confidence[i]), known is not None and bool(table.flag[known])))
        return made

    # --- remedies, each undoable

    def relabel(self, images: Sequence[int], name: str) -> None:
        """Gives images another class."""
        project = self.session.project
        info = next((c for c in project.classes() if c.name == name), None) if project is not None else None
        if info is not None and images:
            self.session.edit(labels.assign, list(images), info.id, many=len(images))

    def accept(self, samples: Sequence[Sample]) -> None:
        """Labels images as the network says."""
        project = self.session.project
        ids = {c.name: c.id for c in project.classes()} if project is not None else {}
        wanted = {s.image_id: ids[s.predicted] for s in samples if s.image_id is not None and s.predicted in ids}
        if wanted:
            self.session.edit(labels.assign_many, wanted, many=len(wanted))

    def flag(self, images: Sequence[int], on: bool = True) -> None:
        """Flags images for a second look."""
        if images:
            self.session.edit(labels.flag, list(images), on, many=len(images))

    def exclude(self, images: Sequence[int], on: bool = True) -> None:
        """Takes images out of training and evaluation."""
        if images:
            self.session.edit(labels.exclude, list(images), on, many=len(images))


@dataclass(frozen=True)
class Loaded:
    """What was asked for; the names are those of `Inspection`."""

    run: Run | None = None
    evaluation: Evaluation | None = None
    epoch: float | None = None
    ghost: Ghost | None = None
    problem: str = ""
    left_out: str = ""


def _evaluate(job: Job, project: Project, run_id: str, split: str, epoch: float | None) -> Loaded:
    run = runs.get(project, run_id)
    if epoch is not None:
        return Loaded(run, evaluate(epochs.predictions(project, run, epoch)), epoch)
    evaluation = evaluate(evaluations.predict(project, run, split, progress=job.progress))
    if not project.read_only and split == "test" and run.test_top1_error != evaluation.top1_error:
        evaluations.record(project, run, split, evaluation.to_json())
    return Loaded(run, evaluation, None, ghosts.ghost(project, run, split), "", _left_out(
        project.images(), split, run, set(evaluation.predictions.paths)))


def _left_out(table: ImageTable, split: str, run: Run, evaluated: set[str]) -> str:
    """Which images of a split a run cannot be judged by, in words."""
    missing = Counter(table.class_names[table.label[row]] for row in table.rows(split)
                      if table.path[row] not in evaluated)
    unknown = [name for name in missing if name not in run.classes]
    unread, parts = sum(missing[name] for name in missing if name in run.classes), []
    if unknown:
        parts.append(f"{sum(missing[name] for name in unknown)} of classes that the run does not know "
                     f"({', '.join(short(name) for name in unknown[:NAMED])}{', …' if len(unknown) > NAMED else ''})")
    if unread:
        parts.append(f"{unread} that cannot be read")
    return f"left out: {', '.join(parts)}" if parts else ""
