"""Batch Ingestion, `/data/foundation/import`: batches of files that clients upload into datasets."""
