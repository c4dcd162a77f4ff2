"""What other doors can show: pictures of the real pages, and the plan's power. Started as programs, never imported."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..model import Study
from .route_map import as_written

PHONE = {"width": 360, "height": 640}
SHARPNESS = 1.0  # dots for each of the page's own
QUIET = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WITHOUT_MARKS = "document.querySelectorAll('.ribbon, .note[role=status]').forEach(each => each.remove())"
"""What only a preview shows: its ribbon, and who is asked, which the document says in words."""
SECONDS_TO_START, SECONDS_FOR_POWER = 30, 300
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

Pictures = Mapping[tuple[str, int | str], bytes]


class Missing(Exception):
    """Something that cannot be shown here, in words for its place in the document."""


def wanted(study: Study) -> dict[tuple[str, int | str], str]:
    """What is pictured → its address in the preview: two pages before the questions, every page of every role."""
    front = {("", "start"): f"/{study.language}/", ("", "agree"): f"/{study.language}/agree"}
    pages = {
        (role.id, page.number): f"/{study.language}/preview/{role.id}/0/{page.number}"
        for role in study.roles
        for page in as_written(study, role.id)
    }
    return {**front, **pages}  # type: ignore[dict-item]


def pictures(study: Study, folder: Path, progress: Callable[[], object]) -> Pictures:
    """Every page as a phone shows it, as PNG. Raises Missing where there is no browser, or no survey to look at."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise Missing("not made: they need playwright (pip install playwright)") from None
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        raise Missing("not made: no Chromium is installed")
    flags = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    found: dict[tuple[str, int | str], bytes] = {}
    try:
        with _previewed(folder) as address, sync_playwright() as started:
            window = started.chromium.launch(executable_path=browser, args=flags)
            try:
                page = window.new_page(viewport=PHONE, device_scale_factor=SHARPNESS)  # type: ignore[arg-type]
                for name, path in wanted(study).items():
                    page.goto(address + path)
                    page.evaluate(WITHOUT_MARKS)
                    found[name] = page.screenshot(full_page=True)
                    progress()
            finally:
                window.close()
    except Error as error:
        raise Missing(f"not made: {str(error).splitlines()[0]}") from error
    return found


@contextmanager
def _previewed(folder: Path) -> Iterator[str]:
    """The address of a preview that runs as long as it is looked at. Raises Missing."""
    command = [sys.executable, "-m", "survey_app", "preview", "--study", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            yield _address(running)
        finally:
            running.terminate()
            running.communicate(timeout=SECONDS_TO_START)


def _address(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    for line in running.stdout:  # ends when the program does
        found = re.search(r"http://[\w.:\[\]]+", line)
        if found:
            return found.group()
    assert running.stderr is not None
    raise Missing(f"not made: the preview does not start ({running.stderr.read().strip().splitlines()[-1:]})")


def power(folder: Path) -> dict[str, Any]:
    """What the plan can find, as `analysis power --json` says it. Raises Missing."""
    command = [sys.executable, "-m", "analysis", "power", "--study", str(folder), "--json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_FOR_POWER, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"not computed: {type(error).__name__}") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["the analysis is not installed"]
        raise Missing(f"not computed: {lines[-1].removeprefix('Error: ')}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
