"""What notebook 04, build_xavier, shares with its figures, tables, exercises and tests."""
