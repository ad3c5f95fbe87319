"""The registry of pipelines, one file each. A stack's `crm:pipelines` selects them by name."""

from collections.abc import Callable, Mapping

from pulumi import Output
from settings import StackSettings
from shared import Shared

from pipelines import contacts, leads

PIPELINES: Mapping[str, Callable[[Shared, StackSettings], Mapping[str, Output[object]]]] = {
    "contacts": contacts.declare,
    "leads": leads.declare,
}
"""Each function declares its resources and returns outputs of the stack. The names of outputs must be unique across pipelines."""
