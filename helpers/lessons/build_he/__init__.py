"""What notebook 05, build_he, shares with its figures, tables, exercises and tests."""
