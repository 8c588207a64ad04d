"""The window. Only here is Qt known; nothing here knows torch or holds training logic."""

from dlgui.gui import immortal

immortal.protect()
