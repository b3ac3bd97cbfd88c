"""What notebook 07, compare_convergence, shares with its figures, tables, exercises and tests."""
