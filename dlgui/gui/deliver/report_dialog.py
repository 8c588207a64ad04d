"""Writing a report: say what the classifier is for, look at the page, save it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from dlgui.errors import DlguiError
from dlgui.gui.deliver.job_line import JobLine
from dlgui.gui.session import Session
from dlgui.gui.widgets import button, named
from dlgui.project.operations import cards, reports
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project


class ReportDialog(QDialog):
    """Makes the page off-thread; what is saved is what was previewed."""

    def __init__(self, session: Session, project: Project, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reportDialog")
        self.setWindowTitle(self.tr("Report of {run}").format(run=run.name or run.id))
        self.resize(860, 660)
        self._session, self._project, self._run = session, project, run
        self.page = ""
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self.use = named(QPlainTextEdit(cards.intended_use(project)), "reportIntendedUse", self.tr(
            "What the classifier is for; kept in the project and printed in every model card"))
        self.use.setPlaceholderText(self.tr("What is this classifier for, and what not? (goes into the model card)"))
        self.use.setFixedHeight(64)
        self.use.setReadOnly(project.read_only)
        self.preview = named(QTextBrowser(), "reportPreview", self.tr("The page, simplified"))
        self.preview.setOpenLinks(False)
        self.line = JobLine(session.jobs, "report")
        self.update_button = button("reportUpdate", self.tr("Update preview"), self.tr("Makes the page again"),
                                    self.make)
        self.browser_button = button("reportOpen", self.tr("Open in browser"), self.tr(
            "Shows the whole page, where the matrix can be clicked"), self.open_in_browser)
        self.save_button = button("reportSave", self.tr("Save…"), self.tr("Writes the page as one HTML file"),
                                  lambda: self.save(), True)
        self.card_button = button("reportSaveCard", self.tr("Save model card…"), self.tr(
            "Writes what the classifier is for, its data, figures and limits as a Markdown file"),
            lambda: self.save_card())
        self._arrange()
        self.make()

    def _arrange(self) -> None:
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        named(close.button(QDialogButtonBox.StandardButton.Close), "reportClose", self.tr("Close"))
        close.rejected.connect(self.reject)
        row = QHBoxLayout()
        for widget in (self.update_button, self.browser_button, self.save_button, self.card_button):
            row.addWidget(widget)
        row.addStretch()
        row.addWidget(close)
        note = QLabel(self.tr("A simplified view; in a browser the matrix can be clicked and labels can be marked."))
        note.setProperty("soft", True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.use)
        layout.addWidget(note)
        layout.addWidget(self.preview, 1)
        layout.addWidget(self.line)
        layout.addLayout(row)

    def make(self) -> None:
        """Keeps the intended use and makes the page."""
        self._keep_use()
        self.page = ""
        project, run = self._project, self._run
        self.line.start(self.tr("making the report"), lambda job: reports.make(project, run, job.progress),
                        self._made, self._failed, self._enable)
        self._enable()

    def _keep_use(self) -> None:
        text = self.use.toPlainText().strip()
        if text != cards.intended_use(self._project) and not self._project.read_only:
            self._session.do(cards.set_intended_use, text)

    def _enable(self) -> None:
        self.update_button.setEnabled(not self.line.busy())
        for widget in (self.browser_button, self.save_button, self.card_button):
            widget.setEnabled(bool(self.page) and not self.line.busy())

    def _made(self, page: str) -> None:
        self.page = page
        self.preview.setHtml(simplified(page, self.tr("A matrix of so many classes is for the browser only.")))
        self._enable()

    def _failed(self, problem: Exception) -> None:
        self._session.problem.emit(problem)
        self._enable()

    def open_in_browser(self) -> None:
        """Shows the page in the browser, from a file that goes with the dialog."""
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="dlgui-report-")
        path = Path(self._temporary.name) / f"{self._run.id}.html"
        path.write_text(self.page, encoding="utf-8")
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def save(self, path: str | None = None) -> None:
        """Writes the previewed page; asks where to."""
        if path is None:
            path, _ = QFileDialog.getSaveFileName(self, self.tr("Export report"), self._beside("html"),
                                                  "HTML (*.html)")
        if path:
            try:
                reports.save(self._project, self._run, self.page, path)
            except DlguiError as problem:
                self._session.problem.emit(problem)
            else:
                self.setWindowTitle(self.tr("Report written: {path}").format(path=path))

    def _beside(self, suffix: str) -> str:
        """A file beside the project, which dialogs propose."""
        return str(self._project.folder.parent / f"{self._project.name}-{self._run.id}.{suffix}")

    def save_card(self, path: str | None = None) -> None:
        """Writes the model card with the intended use as it reads now; asks where to."""
        if path is None:
            path, _ = QFileDialog.getSaveFileName(self, self.tr("Save model card"), self._beside("md"),
                                                  "Markdown (*.md)")
        if path:
            self._keep_use()
            project, run, target = self._project, self._run, path
            self.line.start(self.tr("writing the model card"),
                            lambda job: reports.write_card(project, run, target, job.progress),
                            lambda _: self.setWindowTitle(self.tr("Model card written: {path}").format(path=target)),
                            self._failed, self._enable)
            self._enable()

    def done(self, result: int) -> None:
        self.line.drop()
        super().done(result)

    def closeEvent(self, event: Any) -> None:
        self.line.drop()
        super().closeEvent(event)


WIDE = 12
"""Classes of the largest matrix that the preview can show."""
_BROWSER_ONLY = re.compile(r"""<(script|style|noscript|svg)\b.*?</\1>|<div id="basket".*?</div>|<meta[^>]*>"""
                           r"""|<p class="soft" id="hint">.*?</p>|<p><button.*?</p>""", re.DOTALL)
_REWRITTEN = {'<td class="cell"': '<td align="center"', 'style="background:': 'style="background-color:',
              "<img ": '<img width="150" ', "<table": '<table cellpadding="4"', "</b><span>": "</b> <span>",
              "<dl>": '<table cellpadding="2">', "</dl>": "</table>", "<dt>": "<tr><td>", "</dt>": "</td>",
              "<dd>": "<td>", "</dd>": "</td></tr>",
              "<body>": '<body style="background-color:#ffffff; color:#1b2733">'}


def simplified(page: str, wide: str) -> str:
    """The page without what only a browser knows: script, style sheet, buttons; on white whatever the theme.

    Matrices of more than `WIDE` classes, which the preview could only show letter by letter, give way to the sentence
    `wide`.
    """
    page = re.sub(r'<table class="matrix.*?</table>|<svg class="map".*?</svg>', lambda found: found[0] if 0 < found[
        0].count('<th class="col"') <= WIDE else f"<p><i>{wide}</i></p>", page, flags=re.DOTALL)
    page = _BROWSER_ONLY.sub("", page)
    for tag, other in _REWRITTEN.items():
        page = page.replace(tag, other)
    return page
