"""A frame holds what age makes of a payload, to as many recipients as a survey may have: never cut, never longer."""

from __future__ import annotations

import pyrage
import pytest

from instruments import records
from survey_app.sealing import MOST

SMALLEST = records.BUCKETS[0]
SEALS = 300  # age adds words by chance to every header: a few seals say little


def sealed(recipients: int) -> list[bytes]:
    """One payload of the smallest bucket, sealed again and again to so many."""
    payload = records.to_bytes({"format": records.FORMAT})
    whom = [pyrage.x25519.Identity.generate().to_public() for _ in range(recipients)]
    return [pyrage.encrypt(payload, whom) for _ in range(SEALS)]


@pytest.mark.parametrize("recipients", range(1, MOST + 1))
def test_every_seal_to_as_many_as_there_may_be_fits_its_frame(recipients):
    """Whatever age adds by chance: one length for all, and the sealed bytes come back whole."""
    seals = sealed(recipients)
    frames = [records.to_frame(each, SMALLEST) for each in seals]

    assert {len(frame) for frame in frames} == {SMALLEST + records.FRAME_ROOM}
    assert [records.from_frame(frame) for frame in frames] == seals


def test_a_seal_that_does_not_fit_is_refused():
    """To twice as many, and by a single byte too much: an error, and no frame of a length of its own."""
    room = SMALLEST + records.FRAME_ROOM - 4
    assert len(records.to_frame(b"x" * room, SMALLEST)) == SMALLEST + records.FRAME_ROOM, "the last that fits"
    for each in (*sealed(2 * MOST), b"x" * (room + 1)):
        with pytest.raises(ValueError):
            records.to_frame(each, SMALLEST)


def test_control_without_that_check_a_length_tells_how_many_read():
    """The frame as it would be filled otherwise: to twice as many it has other lengths, and cannot be read again."""
    frames = [(len(each).to_bytes(4) + each).ljust(SMALLEST + records.FRAME_ROOM, b"\0") for each in sealed(2 * MOST)]

    assert SMALLEST + records.FRAME_ROOM not in {len(frame) for frame in frames}
    for frame in frames:
        with pytest.raises(ValueError, match="frame"):
            records.from_frame(frame)
