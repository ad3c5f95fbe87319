"""Data Prep, `/data/foundation/conversion`: mapping sets, previews, and the expression language."""
