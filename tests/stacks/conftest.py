"""Adds the program's folder to the module path, as Pulumi does."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "stacks"))
