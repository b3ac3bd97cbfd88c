"""One View for each kind of result: it builds a figure once, and moves its artists when a result changes."""
