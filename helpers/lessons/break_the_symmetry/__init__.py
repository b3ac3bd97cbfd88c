"""What notebook 01, break_the_symmetry, shares with its figures, tables, exercises and tests."""
