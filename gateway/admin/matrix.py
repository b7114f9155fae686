"""Codes by transaction: what the archive said above what clients got, and beside it how the one became the other.

A column for each code while they fit beside each other; with more of them, and on a phone, each number takes its code along
and the line wraps. However many there are, the page has an end.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from gateway.admin.html import Markup, card, count, joined, row, scrolling, tag
from gateway.admin.words import code, transaction_words
from gateway.dicomweb.transactions import TRANSACTIONS
from gateway.telemetry.labels import NONE
from gateway.telemetry.snapshot import Answered, Snapshot

TITLE = "What the archive said, and what clients got"
ROOM = 90  # characters for columns that stand beside each other on a desk
MOST_CODES = 40  # of which numbers are told
MOST_FLOWS = 6  # of one transaction that are told

_ORDER = {id_: number for number, id_ in enumerate(TRANSACTIONS)}
_NOTE = (
    "“none”: the archive gave no answer, or the client left without one. Numbers in bold differ. All since the start."
)
_NOTHING = "No exchange yet. Send a request to the traffic port; it will be here with the next update."


def matrix(counts: Snapshot) -> Markup:
    if not counts.answered:
        return card(TITLE, tag("p", _NOTHING, class_="empty"))
    codes = columns(counts.answered)
    parts = [_transaction(id_, rows, codes) for id_, rows in by_transaction(counts.answered)]
    kind = "matrix" if _fit(codes, counts.answered) else "matrix many"
    head = tag("thead", _heads(codes), role="rowgroup")
    return scrolling(TITLE, kind, head, *parts, below=tag("p", _NOTE, class_="note"))


def by_transaction(rows: Iterable[Answered]) -> list[tuple[str, list[Answered]]]:
    """In the order of the standard, which stays the same from one update to the next."""
    ordered = sorted(rows, key=lambda one: (_ORDER.get(one.transaction, len(_ORDER)), one.transaction))
    return [(id_, list(group)) for id_, group in groupby(ordered, key=lambda one: one.transaction)]


def columns(rows: Iterable[Answered]) -> list[str]:
    """The codes that were said or sent most, in their own order; last that there was none."""
    seen: Counter[str] = Counter()
    for one in rows:
        seen[one.received] += one.count
        seen[one.sent] += one.count
    most = sorted(seen, key=lambda code: (-seen[code], code))[:MOST_CODES]
    return sorted(most, key=lambda code: (code == NONE, code))


def _fit(codes: Sequence[str], rows: Sequence[Answered]) -> bool:
    """Whether the columns have room: each is as wide as its largest number, and two for what is between them."""
    largest = {code: max(one.count for one in rows if code in (one.received, one.sent)) for code in codes}
    return sum(2 + max(len(code), len(count(largest[code]))) for code in codes) <= ROOM


def _heads(codes: Sequence[str]) -> Markup:
    named = ("Transaction, and what was changed", "Who")
    heads = [tag("th", text, scope="col", role="columnheader") for text in named]
    return row(*heads, *(tag("th", code(one), scope="col", role="columnheader", class_="number") for one in codes))


def _transaction(id_: str, rows: Sequence[Answered], codes: Sequence[str]) -> Markup:
    said, got = Counter[str](), Counter[str]()
    for one in rows:
        said[one.received] += one.count
        got[one.sent] += one.count
    total = tag("span", f"{count(said.total())} {'exchange' if said.total() == 1 else 'exchanges'}", class_="below")
    title = tag("span", transaction_words(id_), class_="step")
    name = tag("th", title, tag("code", id_, class_="below"), total, scope="rowgroup", role="rowheader", class_="name")
    changed = tag("td", flows(rows), role="cell", class_="flows")
    above = row(name, _who("Archive said"), *(_number(one, said, got) for one in codes))
    below = row(changed, _who("Clients got"), *(_number(one, got, said) for one in codes))
    return tag("tbody", above, below, role="rowgroup")


def _who(text: str) -> Markup:
    return tag("th", text, scope="row", role="rowheader", class_="who")


def _number(one: str, mine: Counter[str], other: Counter[str]) -> Markup:
    if not mine[one]:
        return tag("td", role="cell", class_="number")
    number = count(mine[one])
    text = number if mine[one] == other[one] else tag("strong", number)
    return tag("td", text, role="cell", class_="number", data_code=one)


def flows(rows: Sequence[Answered]) -> Markup:
    """`500 → 404 by unknown-study (12)`, the most frequent first."""
    changed = sorted(
        (one for one in rows if one.changed), key=lambda one: (-one.count, one.received, one.sent, one.rule)
    )
    if not changed:
        return tag("span", "Nothing was changed.", class_="same")
    told = [tag("li", _flow(one)) for one in changed[:MOST_FLOWS]]
    if rest := changed[MOST_FLOWS:]:
        changes = "change" if len(rest) == 1 else "changes"
        told.append(tag("li", f"and {len(rest)} other {changes} ({count(sum(one.count for one in rest))})"))
    return tag("ul", *told)


def _flow(one: Answered) -> Markup:
    by = joined([" by ", tag("code", one.rule)]) if one.decided else ""
    kept = one.received == one.sent
    to = " with other content or header fields" if kept else joined([" → ", code(one.sent)])
    return joined([code(one.received), to, by, f" ({count(one.count)})"])
