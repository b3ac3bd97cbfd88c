"""Checks of the exercises, one module a notebook: `from helpers.checks import build_he as check`."""
