"""What must be true of lessons, sources, helpers, the glossary and the repository: functions that return complaints."""
