"""The Train tab: parameters, live progress, the book of runs."""
