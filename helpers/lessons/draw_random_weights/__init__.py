"""What notebook 02, draw_random_weights, shares with its figures, tables, exercises and tests."""
