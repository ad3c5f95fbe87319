"""`aep policies`: where the policy pack is."""

from pathlib import Path

import click

import aep_pulumi
from aep_pulumi.extras import require


def pack() -> Path:
    """The folder of the policy pack: inside an installed package, or beside it in a checkout."""
    package = Path(aep_pulumi.__file__).parent
    return next(folder for folder in (package / "_policies", package.parent / "policies") if folder.is_dir())


@click.command(name="policies")
def command() -> None:
    """Print the folder of the policy pack: `pulumi preview --policy-pack "$(aep policies)"`."""
    require("policies", "the policy pack needs")
    click.echo(pack())
