"""What notebook 03, watch_signals_vanish, shares with its figures, tables, exercises and tests."""
