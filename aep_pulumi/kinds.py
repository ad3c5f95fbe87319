"""Kinds: what is true of every kind of resource, as plain data that imports nothing."""

TYPE_PREFIX = "pulumi-python:dynamic/aep:"
"""What the type of every resource of this package begins with: `Dataset` is `pulumi-python:dynamic/aep:Dataset`."""
