"""`aep template`: the folder of the project template."""

from pathlib import Path

import click

import aep_pulumi


def folder() -> Path:
    """The folder of the template: inside an installed package, or beside it in a checkout."""
    package = Path(aep_pulumi.__file__).parent
    parents = (package / "_templates", package.parent / "templates")
    return next(parent for parent in parents if parent.is_dir()) / "crm-pipeline"


@click.command(name="template")
def command() -> None:
    """Print the folder of the project template: `pulumi new "$(aep template)" --dir crm`."""
    click.echo(folder())
