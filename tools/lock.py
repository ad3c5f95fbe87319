"""Writes constraints.txt, which pins every dependency of every extra to one version.

    python tools/lock.py [--keep]

Pip resolves the ranges of pyproject.toml for this Python and this platform, and installs nothing. Only names and versions are
written, not the index that pip uses on this machine. With --keep, existing pins are kept.
"""

import json
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "constraints.txt"
HEADER = "# Every dependency, pinned: what pip installs under the ranges of pyproject.toml. Made with: make lock\n"


def pins(*options: str | Path) -> list[str]:
    """The packages that pip would install, as `name==version`, without this package.

    Raises:
        subprocess.CalledProcessError: pip failed and has printed why.
    """
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--disable-pip-version-check"]
    report = subprocess.run(
        [*pip, *options, "--report", "-", f"{ROOT}[bench,dev,release]"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    versions = {each["metadata"]["name"]: each["metadata"]["version"] for each in json.loads(report)["install"]}
    return [f"{name}=={versions[name]}" for name in sorted(versions, key=str.lower) if name != "aep-pulumi"]


def main() -> int:
    """Write the file; exit code 1 if pip cannot resolve the ranges."""
    parser = ArgumentParser(description="Pin every dependency in constraints.txt.")
    parser.add_argument("--keep", action="store_true", help="keep existing pins")
    keep = parser.parse_args().keep
    before = set(PINS.read_text(encoding="utf-8").splitlines())
    try:
        lines = pins(*(("--constraint", PINS) if keep else ()))
    except subprocess.CalledProcessError:
        print("lock: pip cannot resolve the dependencies (see above): constraints.txt is unchanged", file=sys.stderr)
        return 1
    PINS.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    print(f"lock: {len(lines)} packages, {len(set(lines) - before)} new or changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
