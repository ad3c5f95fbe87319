"""Data Access, `/data/foundation/export`: the files of batches, and what was wrong with them."""
