"""Many people at once: nobody meets an error, everybody who was thanked is stored once, and nobody is written down."""

from __future__ import annotations

import http.client
import os
import random
import statistics
import threading
import time

import pytest
from conftest import Scripted
from test_faults import stored

from instruments.walker import Browser
from survey_app.haystack import traces, ways_of_writing, ways_of_writing_an_address

SECONDS = int(os.environ.get("OFFHOURS_LOAD", "0")) or 10
PEOPLE, PAUSE = (200, (1.0, 3.0)) if SECONDS >= 60 else (60, (0.1, 0.4))
CANARIES = {"User-Agent": "UACANARY/9", "X-Forwarded-For": "203.0.113.77"}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_many_at_once(serve, tmp_path, figure):
    """Ten seconds in CI; `make proof` has 200 people for a minute, 1 to 3 seconds between pages. Times are said only."""
    server = serve("every_kind", "--newcomers", "0")
    ends, troubles, took, thanked = time.monotonic() + SECONDS, [], [], []

    def somebody(seed: int) -> None:
        """One questionnaire to its end, however long that takes, and another while there is time."""
        chance, begun = random.Random(seed), False
        while not begun or time.monotonic() < ends:
            browser, person, begun = Browser(server.origin, CANARIES, source="127.0.0.77"), Scripted(), True
            try:
                page = browser.get("/")
                while not page.path.endswith("/sent"):
                    time.sleep(chance.uniform(*PAUSE))
                    before = time.monotonic()
                    page = (
                        browser.press(page, page.form, person(page, page.form))
                        if page.form
                        else browser.get(page.links[0])
                    )
                    took.append(time.monotonic() - before)
                    assert page.status < 400, (page.status, page.path)
                thanked.append(seed)
            except (OSError, http.client.HTTPException, IndexError, AssertionError) as error:
                troubles.append(repr(error))
            finally:
                browser.close()

    crowd = [threading.Thread(target=somebody, args=(seed,)) for seed in range(PEOPLE)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    server.stop()
    assert troubles == []
    assert set(thanked) == set(range(PEOPLE))
    assert len(stored(server.data)) == len(thanked)
    (tmp_path / "log").write_text(server.log)
    needles = {"agent": ways_of_writing("UACANARY/9"), "peer": ways_of_writing_an_address("127.0.0.77"), "header": ways_of_writing_an_address("203.0.113.77")}  # fmt: skip
    assert traces(needles, [server.data, tmp_path / "log"]) == []
    slow = 1000 * statistics.quantiles(took, n=100)[94]
    figure(f"{PEOPLE} people, {SECONDS} s, {len(took)} presses, {len(thanked)} sent, 95 % within {slow:.0f} ms")


def test_control_a_press_that_is_refused_is_counted_as_a_trouble(serve):
    """What the test above would find: with a bucket of one, the second who begins is refused."""
    server = serve("every_kind", "--newcomers", "1")
    statuses = []
    for _ in range(3):
        browser, person = Browser(server.origin), Scripted()
        page = browser.get("/")
        while not page.path.endswith("/p/1") and page.status < 400 and (page.form or page.links):
            page = browser.press(page, page.form, person(page, page.form)) if page.form else browser.get(page.links[0])
        statuses.append(page.status)
    assert 503 in statuses
