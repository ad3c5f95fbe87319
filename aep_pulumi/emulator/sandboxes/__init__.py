"""Sandbox management, `/data/foundation/sandbox-management`: the available sandboxes."""
