"""Fixtures: the sample's modules, as Pulumi finds them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "samples" / "pipelines-from-a-table"))
