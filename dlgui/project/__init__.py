"""A project: images, labels, splits and runs in one folder. Knows neither Qt nor, at import, torch."""

from dlgui.project.changes import Changes
from dlgui.project.project import ClassInfo, ImageTable, Project

__all__ = ["Changes", "ClassInfo", "ImageTable", "Project"]
