"""Components: groups of related resources, wired together."""
