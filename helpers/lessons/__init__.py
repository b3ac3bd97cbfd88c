"""One module for each question: pure functions from plain parameters to a frozen result."""
