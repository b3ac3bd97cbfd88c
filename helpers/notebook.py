"""What the import cell of every lesson takes, in one line: claims, seeds, tables of text, and Explorers."""

from helpers.claims import claim
from helpers.explorer import Choice, Explorer, Slider
from helpers.seeding import seeded, seeded_many
from helpers.tables import rounded, step_text, table

__all__ = ["Choice", "Explorer", "Slider", "claim", "rounded", "seeded", "seeded_many", "step_text", "table"]
