"""Figures measured side by side in one run, printed and written as JSON. Not part of the tests."""
