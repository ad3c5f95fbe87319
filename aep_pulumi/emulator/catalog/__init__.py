"""Catalog, `/data/foundation/catalog`: datasets, and the batches that dataflow runs have written or clients have created."""
