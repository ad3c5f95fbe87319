"""Entry point of the `aep` command, also `python -m aep_pulumi`. Names the extra that the commands need if it is missing."""

import sys

from aep_pulumi.errors import AepError
from aep_pulumi.extras import require


def main() -> None:
    """Run the command line. Exit code 1 if the extra is not installed."""
    try:
        require("cli", "the commands need")
    except AepError as error:
        sys.exit(f"aep: {error}")
    from aep_pulumi.cli import main as run  # noqa: PLC0415 - needs the extra

    run()


if __name__ == "__main__":
    main()
