"""Connectors, `/data/foundation/connectors`: the Data Landing Zone of a sandbox and its credentials."""
