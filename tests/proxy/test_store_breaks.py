"""What becomes of a store where a connection breaks: every place of the table, in every way of uploading, for real.

The rule behind it: an outcome that nobody knows is never answered with a success, nor with a code that clients repeat by
themselves; and no store is ever sent twice.
"""

from pathlib import Path

import pytest

from tests.stores.page import PAGE, page
from tests.stores.play import played
from tests.stores.table import ROWS, Has, Row, Upload

PLAYS = [(row, upload) for row in ROWS for upload in row.uploads]


@pytest.mark.parametrize(("row", "upload"), PLAYS, ids=[f"{row.id}/{upload.name.lower()}" for row, upload in PLAYS])
async def test_a_store_that_breaks_is_told_as_it_is(row: Row, upload: Upload, tmp_path: Path) -> None:
    seen = await played(row, upload, tmp_path)
    archive, reply = seen.archive, seen.reply
    assert archive.requests == row.asked
    assert archive.connections <= 1
    assert archive.complete == (row.has is Has.ALL)
    assert row.has is not Has.NOTHING or not archive.received
    if "recorded" not in row.client:
        assert (reply.status if reply else None) == row.status
    if reply:
        assert reply.complete
        assert bool(reply.value("Retry-After")) == row.retry
    if row.ended:
        assert seen.record is not None
        assert (seen.record.status, seen.record.failure, seen.record.ended) == (row.status, row.failure, row.ended)


def test_no_row_claims_more_than_is_known() -> None:
    """A success needs all of the content and a whole answer; a code to repeat needs an archive that acted on nothing."""
    for row in ROWS:
        if row.status is not None and row.status < 300:
            assert row.has is Has.ALL, row.id
        if row.retry:
            assert row.has is not Has.ALL, row.id
        assert row.retry == (row.status == 503), row.id


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "run: make reference"
