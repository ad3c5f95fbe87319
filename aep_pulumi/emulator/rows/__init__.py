"""Rows: reading, mapping, validating and writing the rows of datasets. Nothing here knows the database or HTTP."""
