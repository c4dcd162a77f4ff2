"""The draft: in the participant's own cookie, encrypted, padded, and never older than it may be."""

from __future__ import annotations

import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_app.drafts import BUDGET, SPARE, USUAL, Draft, DraftKeys, Receipt, TooLong, from_cookie, junk, to_cookie

TODAY, TOMORROW, THE_DAY_AFTER = "2026-11-23", "2026-11-24", "2026-11-25"


def draft(**answers) -> Draft:
    return Draft(study="f" * 16, begun=100, seen=100, role="client", answers=answers, ticks={"k": 1})


@pytest.fixture
def keys(tmp_path):
    return DraftKeys(tmp_path / "draft-keys", USUAL)


def test_a_draft_comes_back_as_it_went(keys):
    """Codes, several codes, words, blanks and the secret survive the cookie."""
    sent = draft(met=1, with_client=(2, 3), hurt=None, own_words="é “words” \n", cups="prefer not to say")
    assert from_cookie(to_cookie(sent, keys, TODAY), keys, TODAY) == sent
    receipt = Receipt(code="X" * 16, seen=5, show=True)
    assert from_cookie(to_cookie(receipt, keys, TODAY), keys, TODAY) == receipt


def test_yesterdays_key_is_accepted_and_older_ones_are_erased(keys):
    """A draft lives over midnight, and no key outlives its day by more than one."""
    cookie = to_cookie(draft(met=1), keys, TODAY)
    assert from_cookie(cookie, keys, TOMORROW) is not None
    assert from_cookie(cookie, DraftKeys(keys.path, USUAL), TOMORROW) is not None, "a restart keeps drafts"
    assert from_cookie(cookie, keys, THE_DAY_AFTER) is None
    assert TODAY not in keys.path.read_text()


def test_a_key_that_cannot_be_written_lies_in_memory_until_it_can(keys):
    """A full or forbidden disk at midnight ends nobody's draft; as soon as it can be written, that same key is."""
    first, second = draft(met=1), draft(met=2)
    cookie = to_cookie(first, keys, TODAY)
    away = keys.path.parent.rename(keys.path.parent.with_name("away"))
    later = to_cookie(second, keys, TOMORROW)
    assert from_cookie(cookie, keys, TOMORROW) == first
    assert from_cookie(later, keys, TOMORROW) == second
    away.rename(keys.path.parent)
    assert from_cookie(later, keys, TOMORROW) == second
    again = DraftKeys(keys.path, USUAL)
    assert from_cookie(cookie, again, TOMORROW) == first
    assert from_cookie(later, again, TOMORROW) == second


def test_the_keys_are_for_this_user_alone_and_say_no_time(keys):
    """0600, and the file's own time is the first of the month."""
    keys.of(TODAY)
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    from datetime import UTC, datetime

    for path in (keys.path, keys.path.parent):
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        assert (changed.day, changed.hour, changed.minute, changed.second) == (1, 0, 0, 0)


def test_the_length_of_a_cookie_says_little(keys):
    """It grows in a few steps over a whole survey; what is answered does not change it, only how much there is."""
    steps = [len(to_cookie(draft(**{f"q{n}": 1 for n in range(many)}), keys, TODAY)) for many in range(60)]
    assert steps == sorted(steps)
    assert len(set(steps)) <= 3
    same = {
        len(to_cookie(draft(**dict.fromkeys(map("q{}".format, range(20)), code)), keys, TODAY)) for code in range(9)
    }
    assert len(same) == 1


def test_the_cookie_cannot_be_read_or_changed(keys):
    """No answer in it in any common form; one letter changed and it is nobody's."""
    import base64

    cookie = to_cookie(draft(own_words="ANSCANARY"), keys, TODAY)
    assert b"ANSCANARY" not in base64.urlsafe_b64decode(cookie + "==")
    changed = cookie[:40] + ("A" if cookie[40] != "A" else "B") + cookie[41:]
    assert from_cookie(changed, keys, TODAY) is None


@settings(max_examples=200)
@given(st.one_of(st.text(max_size=2000), st.none(), st.builds(junk)))
def test_any_other_cookie_is_nobodys(tmp_path_factory, text):
    """Random bytes, old junk, nothing: no draft, and no error."""
    keys = DraftKeys(tmp_path_factory.getbasetemp() / "shared-draft-keys", USUAL)
    assert from_cookie(text, keys, TODAY) is None


def test_a_draft_that_does_not_fit_says_so(keys):
    """The budget is counted in what is really sent; what compresses away is bounded too."""
    import secrets

    assert len(to_cookie(draft(own_words="word " * 600), keys, TODAY)) <= BUDGET
    with pytest.raises(TooLong):
        to_cookie(draft(own_words=secrets.token_hex(3000)), keys, TODAY)
    with pytest.raises(TooLong):
        to_cookie(draft(own_words="x" * 40_000), keys, TODAY)


def test_how_long_a_draft_lives():
    """Half an hour without a page on a shared device, a day on an own one; a clock that went back ends nothing."""
    shared = draft()
    assert shared.alive(130)
    assert not shared.alive(131)
    assert shared.alive(-10_000)
    own = Draft(study="f", begun=0, seen=0, own_device=True)
    assert own.alive(24 * 60)
    assert not own.alive(24 * 60 + 1)


def test_a_draft_that_was_taken_fits_on_every_later_page(keys):
    """The minute it was seen changes and compresses differently: what fitted with room to spare still fits."""
    import secrets
    from dataclasses import replace

    words = secrets.token_hex(2000)
    for cut in range(0, 4000, 7):
        sent = draft(own_words=words[cut:])
        try:
            to_cookie(sent, keys, TODAY, SPARE)
        except TooLong:
            continue
        for minute in (101, 137, 999_999, 29_700_123):
            assert len(to_cookie(replace(sent, seen=minute), keys, TODAY)) <= BUDGET
        return
    raise AssertionError("nothing fitted at all")
