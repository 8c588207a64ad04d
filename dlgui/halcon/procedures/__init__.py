"""The twelve procedures, by noun: data, evaluation, plots."""
