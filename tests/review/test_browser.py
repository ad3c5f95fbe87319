"""The pages in a real browser, at desktop and phone widths. Screenshots are kept in `build/review`."""

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from recordings import NAMES, reviewed

from aep_pulumi.review import page

PICTURES = Path(__file__).parents[2] / "build" / "review"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--hide-scrollbars"),
)
PHONE = 390
# The page runs no scripts: the enclosing page measures it, in a frame as wide as a phone.
MEASURE = """
addEventListener("load", () => {
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument
    const told = document.createElement("p")
    const wide = [...page.querySelectorAll("body *")].filter(part => part.getBoundingClientRect().right > frame.clientWidth + 1)
    told.textContent = [frame.title, page.documentElement.scrollWidth, wide.length, page.scripts.length,
      page.querySelectorAll("img,iframe,object,embed,link,a").length].join(" ")
    frame.before(told)
  }
})
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: `apt-get install chromium`"),
]


def chromium(tmp_path: Path, *args: str) -> str:
    ran = subprocess.run(
        [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *args],
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )
    return ran.stdout


def test_every_page_fits_a_phone_without_scripts_or_external_resources(tmp_path: Path) -> None:
    frames = "".join(
        f'<span style="display:inline-block"><iframe title="{name}" width="{PHONE}" height="1400" '
        f'srcdoc="{html.escape(page.render(reviewed(name)))}"></iframe></span>'
        for name in NAMES
    )
    around = tmp_path / "around.html"
    around.write_text(f'<meta charset="utf-8"><script>{MEASURE}</script>{frames}')
    measured = re.findall(r"<p>(\w+) (\d+) (\d+) (\d+) (\d+)</p>", chromium(tmp_path, "--dump-dom", around.as_uri()))
    assert {name for name, *_rest in measured} == set(NAMES)
    for name, width, too_wide, scripts, loading in measured:
        assert (int(width), int(too_wide), int(scripts), int(loading)) == (PHONE, 0, 0, 0), name
    PICTURES.mkdir(parents=True, exist_ok=True)
    picture = PICTURES / "phones.png"
    chromium(tmp_path, "--window-size=2000,5700", f"--screenshot={picture}", around.as_uri())
    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize(
    "name",
    ["no_change", "new_pipeline", "interval", "mapping", "dataset_replacement", "secret", "endpoint", "hostile_names"],
)
def test_every_page_can_be_rendered(name: str, tmp_path: Path) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    written, picture = tmp_path / f"{name}.html", PICTURES / f"{name}.png"
    written.write_text(page.render(reviewed(name)), encoding="utf-8")
    picture.unlink(missing_ok=True)
    chromium(tmp_path, "--window-size=1100,1500", f"--screenshot={picture}", written.as_uri())
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 5_000
