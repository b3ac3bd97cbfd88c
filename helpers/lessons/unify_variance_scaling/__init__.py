"""What notebook 06, unify_variance_scaling, shares with its figures, tables, exercises and tests."""
