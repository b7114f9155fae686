"""Writes docs/stores.md from the table that is played: `make reference`."""

from collections.abc import Iterable
from pathlib import Path

from gateway.core.failures import MEANINGS, FailureKind
from tests.stores.table import ROWS, SECTIONS, Row

PAGE = Path(__file__).parents[2] / "docs" / "stores.md"

# What a sender got, and what it should do.
ADVICE = (
    ("200", "nothing: all is stored"),
    ("202 or 409", "read the list in the answer, and send again what failed, once the reason is gone"),
    ("503 with `Retry-After`", "wait so long, and send the same again"),
    ("500, or no answer", "search for the study and count its instances, and send again what is missing"),
    ("400, 401, 413, 415", "correct the request first; only a search can tell whether a part of it was kept"),
)

BEFORE = """\
# What happens to a store when a connection breaks

For the administrator of a PACS, and for whoever writes what sends to it. It is about STOW-RS: a `POST` that brings objects
to the archive. Every row below is played for real by `tests/proxy/test_store_breaks.py`, with an announced length and in
chunks, with and without `Expect: 100-continue`; this page is written from the same table.

## The rules

1. **A store goes to the archive once.** On a connection of its own, and never a second time, whatever happens.
2. **A success is sent only where the archive said so**, in an answer that is whole, to a content that is whole.
3. **500 means that nobody knows.** The archive may have all objects, some, or none.
4. **503 with `Retry-After` means that the store was not taken on.** The archive was not reached, or says so itself. The
   sender may send the same again.
5. **No answer at all means that nobody knows**, too.

Why 500, and not the 502, 503 or 504 that other proxies send? Many clients repeat those by themselves: a 503 because
`Retry-After` invites them to, a 502 or 504 because it looks like a passing fault of a proxy. After a store, the archive may
have acted already. It would then get the same objects twice, in two jobs, with whatever follows from each: another study
to be read, another copy to be routed on, a conflict to be resolved by hand.

## What the sender should do

{ADVICE}
"In the log" is the word in the access log, in the journal of the operators' port and in
`pacs_gateway_failures_total{{kind=...}}`.
"""

AFTER = """
## What cannot be promised

- **A gateway that is killed says nothing**: no answer, no line in its log. Both sides see their connection end.
- **`100 Continue` is believed.** An archive that sends it says that it has not begun to read. If it hangs up in good order
  after that, and nothing was sent to it since, the store is answered with 503. The gateway does not ask archives for it, so
  hardly any says it.
- **A sender that closes its sending side before it has its answer gets none.** It cannot be told from one that has left.
- **What an archive stores before it refuses** (401, 413, 415, 503 in the middle of an upload) is the archive's own affair.
"""

_TITLES = ("what happens", "the archive then has", "the sender gets", "in the log")


def page() -> str:
    """The text of the page."""
    sections = "".join(f"\n## {title}\n\n{_table(_TITLES, map(_cells, rows))}" for title, rows in SECTIONS)
    return BEFORE.format(ADVICE=_table(("it got", "it should"), ADVICE)) + sections + _words() + AFTER


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (titles, ("---",) * len(titles), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    return row.what, row.has.value, _answer(row), _logged(row)


def _answer(row: Row) -> str:
    if row.status is None:
        return "no answer: the connection ends"
    return f"{row.status} with `Retry-After`" if row.retry else str(row.status)


def _logged(row: Row) -> str:
    if not row.ended:
        return "nothing"
    return f"`{row.failure}`" if row.failure else "-"


def _words() -> str:
    kinds = sorted({row.failure for row in ROWS if row.failure})
    rows = ((f"`{kind}`", MEANINGS[FailureKind(kind)].sentence) for kind in kinds)
    return f"\n## The words in the log\n\n{_table(('word', 'meaning'), rows)}"


if __name__ == "__main__":
    PAGE.write_text(page())
