"""dlgui: label images, train a classifier, find out why it errs."""

__version__ = "0.1.0"
