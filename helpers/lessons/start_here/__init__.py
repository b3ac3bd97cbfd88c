"""What notebook 00, start_here, shares with its figures, tables, exercises and tests."""
