"""Per kind: what the suite knows about each kind, one module for each, found by the law's `module`.

A module has:

- `example(ground)`: what a program sets at least and at most, and another value for every field.
- `STRATEGIES`: valid values of the fields whose type does not decide them, by the model they are in.
- `edits(said, ground)`: what somebody else may change on Platform.
- `fitted(draw, said, ground, like)`, optional: the rules between fields, applied to generated values.
- `edit(sandbox, object_id, operations)`, optional: how somebody else changes one, where no other service has that way.
"""

from __future__ import annotations

import importlib
from typing import Any

from dynamic_host import Kind


def about(kind: Kind) -> Any:
    """The module of a kind. ModuleNotFoundError where there is none: it is the file to add."""
    return importlib.import_module(f"{__name__}.{kind.provider.law.module}")
