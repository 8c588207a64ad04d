"""Suggested labels, a page at a time: accept one, accept all, or all but the marked ones."""

from __future__ import annotations

import html
from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from dlgui.gui.data.board import Board
from dlgui.gui.data.suggest_pages import KINDS, SIZE, Page, Pages
from dlgui.gui.session import Session
from dlgui.gui.widgets import button, named
from dlgui.gui.words import percent, short
from dlgui.project.changes import Changes
from dlgui.project.operations import labels
from dlgui.project.operations.suggestions import Suggestions, similar, suggest

_PATIENCE = 800
"""Milliseconds that a finished page waits for what can be learned from it before the next is shown."""

NAMED = 3
"""So many classes are named that have no suggestions yet."""


class SuggestPanel(QWidget):
    """The bar above a page of suggestions, and what Enter does.

    The label `learned` is put elsewhere by whoever arranges.

    Signals:
        paged: a `Page` to show.
    """

    paged = Signal(object)

    def __init__(self, session: Session, board: Board, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.board, self.pages = session, board, Pages()
        self.page = Page(KINDS[0])
        self.active = False
        self.only: int | None = None
        self._waiting = False
        self._done: list[Page] = []
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE)
        self._patience.timeout.connect(self._turn)
        self.kind = named(QComboBox(), "suggestOrderBox", self.tr(
            "Which images come next. All but these: fifty at most that are believed to be one class.\n"
            "Group similar: images that look alike, also without any label."))
        for kind, text in zip(KINDS, (self.tr("All but these"), self.tr("Most confident first"),
                                      self.tr("Most doubtful first"), self.tr("Group similar")), strict=True):
            self.kind.addItem(text, kind)
        self.kind.currentIndexChanged.connect(lambda _: self._another_kind())
        self.what, self.learned = QLabel(), QLabel()
        self.what.setWordWrap(True)
        self.learned.setProperty("soft", True)
        self.back = button("previousPageButton", self.tr("Back"), self.tr("The page before"), self.previous)
        self.skip = button("skipPageButton", self.tr("Skip page"), self.tr("Leave the rest of this page for later"),
                           self.pass_over)
        self.accept = button("acceptPageButton", self.tr("Accept page"),
                             self.tr("Label every image of the page as suggested, but not the marked ones "
                                     "(Shift+Enter)"), lambda: self.commit(None, True), primary=True)
        bar = QHBoxLayout()
        bar.addWidget(self.kind)
        bar.addStretch()
        for part in (self.back, self.skip, self.accept):
            bar.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(bar)
        layout.addWidget(self.what)

    # --- what is suggested

    def start(self) -> None:
        """Begins, or goes on where it was left."""
        self.active = True
        self._waiting = True
        self.paged.emit(Page(self.page.kind))
        self._ask()

    def reset(self) -> None:
        """Another project or other classes: everything anew."""
        self.pages, self.page, self._done = Pages(), Page(self.page.kind), []
        if self.active:
            self.start()

    def restrict(self, only: int | None) -> None:
        """Suggests only images believed to be of one class (index); None: of any."""
        self.only = only
        self._another_kind()

    def stop(self) -> None:
        """Another way to look at the images is chosen."""
        self.active = False
        self.learned.clear()
        self._patience.stop()

    def _ask(self) -> None:
        project = self.session.project
        if project is None:
            return
        before = self.pages.suggestions
        self.session.jobs.start("suggest", self.tr("learning from the labels"),
                                lambda job: suggest(project, before, job.progress), quiet=before is not None,
                                done=self._came, failed=self._failed, cancelled=self._cancelled)
        self._describe()

    def _ask_groups(self) -> None:
        project = self.session.project
        if project is not None:
            self.session.jobs.start("groups", self.tr("grouping similar images"),
                                    lambda job: similar(project, SIZE, job.progress), done=self._grouped,
                                    failed=self._failed, cancelled=self._cancelled)

    def _cancelled(self) -> None:
        self._waiting = False
        self.what.setText(self.tr("Cancelled. Choose another order to go on."))

    def _failed(self, problem: Exception) -> None:
        self._waiting = False
        self.what.setText(self.tr("Not done. Choose another order to try again."))
        self.session.problem.emit(problem)

    def _came(self, found: Suggestions) -> None:
        self.pages.suggestions = found
        if not self.active:
            return
        if self._waiting:
            self._turn()
        else:
            self._describe()
            self.board.grid.items.refresh()

    def _grouped(self, groups: list[np.ndarray]) -> None:
        self.pages.groups = groups
        if self.active:
            self._turn()

    def guess(self, image_id: int) -> tuple[int, float] | None:
        """What is suggested for an image, while suggestions are shown."""
        return self.pages.guess(image_id) if self.active else None

    # --- pages

    def effective_kind(self) -> str:
        """The kind that was chosen; similar images while too few labels are there to learn from."""
        found = self.pages.suggestions
        return "similar" if found is not None and found.learned is None else self.kind.currentData()

    def _another_kind(self) -> None:
        self.pages.forget()
        self._done.clear()
        if self.active:
            self._turn()

    def _turn(self) -> None:
        """Shows the next page."""
        self._patience.stop()
        project, kind = self.session.project, self.effective_kind()
        if project is None:
            return
        if self.pages.suggestions is None:
            if self.session.jobs.running("suggest") is None:  # it was cancelled, or failed
                self._waiting = True
                self._ask()
            return
        page = self.pages.next(kind, project.images(), self.only)
        exhausted = self.pages.groups is None or (self.pages.groups and not page.ids)
        if kind == "similar" and exhausted and self.pages.suggestions.total:
            self._waiting = True
            self._ask_groups()
            self._describe()
            return
        self._waiting = False
        self._show(page)

    def _show(self, page: Page) -> None:
        self.page = page
        self.paged.emit(page)
        self._describe()

    def next(self) -> None:
        """Goes on, with what was learned from this page if that comes soon."""
        self._waiting = True
        if self.session.jobs.running("suggest") is not None:
            self._patience.start()
        else:
            self._turn()

    def pass_over(self) -> None:
        """Leaves what is unlabeled for later."""
        self.pages.pass_over(self.page.ids)
        self._leave()
        self._turn()

    def previous(self) -> None:
        """Back to the page before."""
        if self._done:
            self._show(self._done.pop())

    def _leave(self) -> None:
        if self.page.ids:
            self._done.append(self.page)
            del self._done[:-50]

    # --- labeling

    def commit(self, class_id: int | None, shift: bool) -> None:
        """Enter, Shift+Enter or a class for the page."""
        project = self.session.project
        if project is None or not self.page.ids:
            return
        marked = set(self.board.selected_ids())
        table = project.images()
        rest = [i for i, row in zip(self.page.ids, table.row_of(self.page.ids), strict=True) if table.label[row] < 0]
        if self.page.kind == "class" and self.page.label is not None:
            self.pages.refuse(marked & set(rest), self.page.label)
            self._label({i: project.classes()[self.page.label].id for i in rest if i not in marked}, True)
        elif class_id is not None:
            self._label({i: class_id for i in rest if i not in marked}, True)
        elif self.page.kind == "similar":
            return
        elif shift:
            self._label(self._suggested(rest), True)
        else:
            following = self.board.next_unlabeled()
            self._label(self._suggested([i for i in rest if i in marked]), False)
            if following is not None and self.page.ids and not self._waiting:
                self.board.select([following])

    def _suggested(self, ids: list[int]) -> dict[int, int]:
        project = self.session.project
        if project is None:
            return {}
        guesses = {i: self.pages.guess(i) for i in ids}
        return {i: project.classes()[guess[0]].id for i, guess in guesses.items() if guess is not None}

    def _label(self, wanted: dict[int, int], whole: bool) -> None:
        if wanted and self.session.do(labels.assign_many, wanted, origin="suggestion") is None:
            return
        if whole and not self._waiting:
            self.pages.pass_over(self.page.ids)
            self._leave()
            self.next()

    def apply_changes(self, changes: Changes) -> None:
        """Labels have changed: learns from them; goes on where the page is finished, back where undo opened one."""
        project = self.session.project
        if not self.active or project is None or "labels" not in changes.kinds:
            return
        touched, table = changes.ids["labels"], project.images()
        self._ask()
        before = next((p for p in reversed(self._done) if touched & set(p.ids)), None)
        if changes.journal_id is None and before is not None and not touched & set(self.page.ids):
            del self._done[self._done.index(before):]
            self._waiting = False
            self._patience.stop()
            self._show(before)
        elif self.page.ids and not self._waiting \
                and (table.label[table.row_of(self.page.ids)] >= 0).all():
            self._leave()
            self.next()

    # --- words

    def _describe(self) -> None:
        found, page = self.pages.suggestions, self.page
        self.what.setText(self._what(found, page))
        self.back.setEnabled(bool(self._done))
        self.skip.setEnabled(bool(page.ids))
        self.accept.setEnabled(bool(page.ids) and page.kind != "similar")
        if found is None or found.learned is None:
            self.learned.clear()
            return
        self.learned.setText(self.tr("{right} right").format(
            right=percent(1 - found.learned.fit.top1_error).replace(".00", "")))
        self.learned.setToolTip(self.tr(
            "So many suggestions are right on held-out labels. Learned from {n:,} labels; cross-validated, so each was "
            "judged by a classifier that had not seen it").format(n=found.learned.labeled))

    def _what(self, found: Suggestions | None, page: Page) -> str:
        project = self.session.project
        if found is None:
            return self.tr("Looking at every image once; this is kept, later it goes at once …")
        if not page.ids or project is None:
            if self._waiting:
                return self.tr("One moment …")
            if not found.total:
                return self.tr("Every image has a label.")
            return self.tr("Nothing is believed to be this class." if self.only is not None else "Nothing to suggest.")
        start = ""
        if page.kind == "similar":
            if found.learned is None:
                start = self.tr("Suggestions start at two labels for each of two classes. ")
            return start + self.tr("Images that look alike. Click those that do not belong; a class key labels "
                                   "<b>all the others</b>.")
        if page.kind == "class" and page.label is not None:
            info = project.classes()[page.label]
            return self.tr("{n} images believed to be <span style='color:{colour}'>■</span> <b>{name}</b>. Click those "
                           "that are not; <b>Enter</b> labels <b>all but these</b>.").format(
                               n=len(page.ids), colour=info.colour, name=html.escape(short(info.name)))
        if page.kind == "marked":
            start = self.tr("What are these? ")
        few = self.tr("  No suggestions yet for {names}.").format(names=html.escape(_some(found.waiting))) \
            if found.waiting else ""
        return start + self.tr("<b>Enter</b> accepts the suggestion, a class key corrects it, <b>Shift+Enter</b> "
                               "accepts all of the page.") + few


def _some(found: Iterable[str]) -> str:
    """The first of some names, and how many there are beside them."""
    names = list(found)
    shown = ", ".join(short(name) for name in names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more"
