"""Data Prep, `/data/foundation/conversion`: mapping sets, previews, and the language of their expressions."""
