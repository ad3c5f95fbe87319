"""Pipelines: the registry, one file each. A stack's `crm:pipelines` chooses among them by name."""

from collections.abc import Callable, Mapping

from pulumi import Output
from settings import StackSettings
from shared import Shared

from pipelines import contacts, leads

PIPELINES: Mapping[str, Callable[[Shared, StackSettings], Mapping[str, Output[object]]]] = {
    "contacts": contacts.declare,
    "leads": leads.declare,
}
"""Each declares its resources and returns the stack's outputs. Their names are the pipeline's own: no two say the same."""
