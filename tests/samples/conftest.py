"""Fixtures: makes the sample's modules importable, as Pulumi does."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "samples" / "pipelines-from-a-table"))
