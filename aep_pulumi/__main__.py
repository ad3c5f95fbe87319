"""Entry point of the `aep` command, also as `python -m aep_pulumi`: the commands need an extra, and it says which."""

import sys

from aep_pulumi.errors import AepError
from aep_pulumi.extras import require


def main() -> None:
    """Run the command line. Exit code 1 where the extra is not installed."""
    try:
        require("cli", "the commands need")
    except AepError as error:
        sys.exit(f"aep: {error}")
    from aep_pulumi.cli import main as run  # noqa: PLC0415 - needs the extra

    run()


if __name__ == "__main__":
    main()
