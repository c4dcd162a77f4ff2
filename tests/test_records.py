"""The shape of what is stored: sizes that say nothing, and kinds of missing that stay apart."""

from __future__ import annotations

import pytest
from conftest import STUDY
from hypothesis import given
from hypothesis import strategies as st

from instruments import records
from instruments.reader import read

every_kind = read(STUDY["every_kind"])
COLUMNS = records.columns(every_kind)


@given(st.text(max_size=4000))
def test_a_payload_has_one_of_five_sizes(text):
    """Whatever is answered, the length is one of the buckets, and it reads back whole."""
    record = records.payload(every_kind, "practice", {"role": "reader"}, {"because": text})
    raw = records.to_bytes(record)
    assert len(raw) in records.BUCKETS
    assert records.from_bytes(raw) == record


def test_what_fits_no_bucket_is_refused():
    """The control: nothing is cut off silently."""
    with pytest.raises(ValueError, match="larger than"):
        records.to_bytes(records.payload(every_kind, "practice", {}, {"because": "x" * 33_000}))


@given(st.binary(min_size=1, max_size=2900), st.sampled_from(records.BUCKETS))
def test_a_frame_hides_how_long_the_sealed_bytes_are(sealed, bucket):
    """Frames of one bucket have one length, and give the sealed bytes back."""
    frame = records.to_frame(sealed, bucket)
    assert len(frame) == bucket + records.FRAME_ROOM
    assert records.from_frame(frame) == sealed


def test_sealed_bytes_that_fit_no_frame_are_refused():
    """Nothing is stored that could not be read again."""
    fits = bytes(records.BUCKETS[0] + records.FRAME_ROOM - 4)
    assert records.from_frame(records.to_frame(fits, records.BUCKETS[0])) == fits
    with pytest.raises(ValueError, match="too many for a frame"):
        records.to_frame(fits + b"x", records.BUCKETS[0])


def test_something_else_is_not_a_frame():
    """A damaged frame is named, never half read."""
    for wrong in (b"", b"x" * 100, records.to_frame(b"abc", 2048)[:-1], b"\xff" * 3072):
        with pytest.raises(ValueError, match="frame"):
            records.from_frame(wrong)
    with pytest.raises(ValueError, match="format"):
        records.from_bytes(b'{"format": 99}')


def test_kinds_of_missing_stay_apart():
    """Not sure, prefer not to say, not asked, skipped: four different things in the opened table."""
    row = records.row_of(COLUMNS)({"role": "reader", "mood": 97, "again": None, "days": [98], "r1": 2})
    assert (row["mood"], row["again"], row["colour"], row["r1"]) == (97, None, 99, 2)
    assert (row["days_1"], row["days_2"], row["days_3"]) == (98, 98, 98)
    assert (row["data"], row["data_missing"]) == (None, "not asked")
    assert records.row_of(COLUMNS)({"days": [2, 3]})["days_1"] == 0
    assert records.row_of(COLUMNS)({"days": [2, 3]})["days_2"] == 1
    assert records.row_of(COLUMNS)({"days": None})["days_2"] is None
    assert records.row_of(COLUMNS)({"data": 97})["data"] == 97, "97 can be somebody's number"
    assert records.row_of(COLUMNS)({"data": "prefer not to say"})["data_missing"] == "prefer not to say"
    assert records.row_of(COLUMNS)({"data": None})["data_missing"] == "skipped"
    assert records.row_of(COLUMNS)({"data": 99})["data"] == 99


def test_no_table_with_a_row_a_person_keeps_an_order_or_a_time():
    """Keys and sealed frames, without rowid: the whole schema, by heart."""
    for table in records.TABLES[:3]:
        assert "WITHOUT ROWID" in table
        inside = table.split("(", 1)[1].rsplit(")", 1)[0]
        assert inside in (
            "key BLOB PRIMARY KEY, frame BLOB NOT NULL, mark BLOB NOT NULL",
            "key BLOB PRIMARY KEY, mark BLOB NOT NULL",
        )
