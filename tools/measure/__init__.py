"""What the course costs, what its tests notice, and what other processors print."""
