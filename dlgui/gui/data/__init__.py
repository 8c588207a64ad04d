"""The Data tab: import, look, label, split."""
