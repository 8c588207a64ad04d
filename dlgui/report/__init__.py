"""The HTML report, from plain values: it knows neither projects nor the window."""
