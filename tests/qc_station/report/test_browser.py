"""A real browser, without a network, shows the page and runs nothing that a class is called."""

import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from qc_station.report.page import SECTIONS, page
from tests.qc_station.report.invented import training

EVIL = "<script>document.title = 'taken over'</script>"
OFFLINE = ("--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking", "--no-first-run")


@pytest.fixture(scope="module")
def browser() -> str:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("needs chromium")
    return found


def shown(browser: str, folder: Path, source: str, *options: str) -> str:
    """Open a page and wait until it is drawn; what the browser prints."""
    file = folder / "report.html"
    file.write_text(source, encoding="utf-8")
    # No sandbox: as root, in a container, it cannot have one.
    command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *OFFLINE]
    command += [f"--user-data-dir={folder / 'profile'}", "--hide-scrollbars", *options, file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


@pytest.mark.slow
def test_every_section_is_there_after_the_browser_has_read_the_page(browser: str, tmp_path: Path) -> None:
    found = shown(browser, tmp_path, page(training()), "--dump-dom")
    assert found.count("<section") == found.count("</section>") == len(SECTIONS)
    assert "<title>Training report" in found


@pytest.mark.slow
def test_a_class_named_like_a_script_is_text_in_a_real_browser(browser: str, tmp_path: Path) -> None:
    source = page(training(("ok", EVIL, '"><img src=x onerror=document.title="taken over">')))
    found = shown(browser, tmp_path, source, "--dump-dom")
    assert "&lt;script&gt;" in found
    assert "<title>Training report" in found
    assert "<script" not in found


@pytest.mark.slow
@pytest.mark.parametrize("width", [420, 1200])
def test_something_is_drawn_from_top_to_bottom_on_a_phone_and_on_a_desk(
    browser: str, tmp_path: Path, width: int
) -> None:
    picture = tmp_path / "page.png"
    shown(browser, tmp_path, page(training()), f"--window-size={width},4000", f"--screenshot={picture}")
    pixels = cv2.imread(str(picture))
    assert pixels is not None
    assert pixels.shape[0] == 4000
    bands = np.array_split(pixels, 10)
    assert all(float(band.std()) > 3.0 for band in bands)
    # Nothing is cut off or pushed out to the right: the last columns are margin.
    assert float(pixels[:, -4:].std()) < 3.0
