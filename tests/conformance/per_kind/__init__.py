"""Per kind: what the suite knows about each kind, one module each, located by the `module` of the kind's declaration.

A module has:

- `example(ground)`: the minimal and the full inputs, and another value for every field.
- `STRATEGIES`: valid values of the fields whose type does not determine them, by model.
- `edits(inputs, ground)`: the external changes that Platform allows.
- `fitted(draw, inputs, ground, like)`, optional: the rules between fields, applied to generated values.
- `edit(sandbox, object_id, operations)`, optional: how an external change is made, if the service has its own way.
"""

from __future__ import annotations

import importlib
from typing import Any

from dynamic_host import Kind


def about(kind: Kind) -> Any:
    """The module of a kind. Raises ModuleNotFoundError if there is none: it must be added."""
    return importlib.import_module(f"{__name__}.{kind.provider.law.module}")
