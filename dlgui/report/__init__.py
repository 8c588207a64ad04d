"""The report: one self-contained HTML page about one run. Knows figures and pictures, not projects."""
