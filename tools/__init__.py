"""The commands of those who write the course; its readers need none of them."""
