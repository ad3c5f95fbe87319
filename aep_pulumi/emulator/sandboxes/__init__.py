"""Sandbox management, `/data/foundation/sandbox-management`: the sandboxes, and their creation, reset and deletion."""
