"""Streaming ingestion: data inlets, `/data/core/edge`, and the collection of what is sent to them, `/collection`."""
