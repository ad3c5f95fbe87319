"""Catalog, `/data/foundation/catalog`: datasets, and the batches that runs have written into them."""
