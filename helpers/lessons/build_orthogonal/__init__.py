"""What notebook 08, build_orthogonal, shares with its figures, tables, exercises and tests."""
