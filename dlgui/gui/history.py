"""Undo and redo say what they would do."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from dlgui.gui import words
from dlgui.gui.session import Session
from dlgui.project.operations import history
from dlgui.project.operations.history import Deed


class HistoryActions(QObject):
    """Keeps the texts of two actions true."""

    def __init__(self, session: Session, undo: QAction, redo: QAction, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session, self._undo, self._redo = session, undo, redo
        session.opened.connect(lambda _: self.refresh())
        session.changed.connect(lambda _: self.refresh())

    def refresh(self) -> None:
        """Names what comes next; nothing to do disables."""
        project = self.session.project
        able = project is not None and not project.read_only
        for action, text, find in ((self._undo, self.tr("Undo"), history.next_undo),
                                   (self._redo, self.tr("Redo"), history.next_redo)):
            deed = find(project) if project is not None and able else None
            full = f"{text}: {self.words(deed)}" if deed is not None else text
            action.setText(full)
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(words.tip(f"{full} ({keys})"))
            action.setEnabled(deed is not None)

    def words(self, deed: Deed) -> str:
        """A deed in a few words."""
        d = deed.details
        if deed.kind == "label":
            given: dict[str, str | None] = d.get("labels", {})
            return self._labels(given) if given else self.tr("labels of many images")
        plain = {"split": self.tr("split"), "import": self.tr("import"), "reorder classes": self.tr("order of classes"),
                 "intended use": self.tr("intended use"), "set costs": self.tr("costs")}
        named = {"add class": self.tr("new class {name}"), "rename class": self.tr("rename {name} to {to}"),
                 "recolour class": self.tr("colour of {name}"), "delete class": self.tr("delete {name}"),
                 "set shortcut": self.tr("key of {name}"), "merge classes": self.tr("merge {names} into {into}"),
                 "note": self.tr("note on {count} images"), "flag": self.tr("flags of {count} images"),
                 "exclude": self.tr("exclusion of {count} images"),
                 "assign split": self.tr("{count} images to {subset}"), "rename run": self.tr("name of {run}"),
                 "note run": self.tr("note on {run}"), "delete run": self.tr("delete {run}"),
                 "store rule": self.tr("rule of {run}")}
        if deed.kind in plain:
            return plain[deed.kind]
        known = {"count": len(d.get("paths", ())), **d, "names": ", ".join(d.get("names", ())),
                 "subset": d.get("subset") or self.tr("no split")}
        try:
            return named[deed.kind].format(**known).replace("1 images", self.tr("1 image"))
        except KeyError:
            return deed.kind

    def _labels(self, given: dict[str, str | None]) -> str:
        names = {name or "" for name in given.values()}
        what = self.tr("label {n} images").format(n=len(given)) if len(given) > 1 else self.tr("label 1 image")
        if names == {""}:
            return self.tr("unlabel {n} images").format(n=len(given)) if len(given) > 1 else self.tr("unlabel 1 image")
        return self.tr("{what} as {name}").format(what=what, name=names.pop()) if len(names) == 1 else what
