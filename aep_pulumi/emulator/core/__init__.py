"""Core: what all services share: the HTTP server, the database, the clock, errors, JSON Schema, scripted faults."""
