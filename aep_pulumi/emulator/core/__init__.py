"""Core: the parts shared by all services: HTTP server, database, clock, errors, JSON Schema, fault injection."""
