"""Writes docs/statuses.md from the tables that judge: `python tests/documents/statuses_page.py`."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from gateway.config.load import quick_start
from gateway.conformance.carries import carried
from gateway.core.fold import BY_CLASS, HOP_CODES, ROWS
from gateway.dicomweb.statuses import (
    DCS_NAMES,
    DCS_SET,
    DICOM_SET,
    FORBIDS_CONTENT,
    NEVER_FINAL,
    NEVER_SENT,
    STATUS_CODES,
    SWITCHING_PROTOCOLS,
    StatusCode,
)
from gateway.dicomweb.transactions import TRANSACTIONS

PAGE = Path(__file__).parents[2] / "docs" / "statuses.md"
SETTINGS = quick_start("http://pacs.internal:8042")
STAYING = DCS_SET - NEVER_SENT - HOP_CODES
# What has a row of its own in the fold; the others are read by their class.
FOLDED = [code for code in sorted(ROWS) if code not in DICOM_SET or code in HOP_CODES]
# A code that most transactions list is told by those that do not.
_MOST = len(TRANSACTIONS) * 2 // 3

BEFORE = """\
<!-- Made by `make reference` from the tables that judge. -->

# Status codes

For whoever wants to know what a code means here, who sends it, and what became of another. There are two documented sets
([`documented.set`](configuration.md#documented)): `dicom`, the 26 codes of PS3.2 2024e Table N.7-88, which holds the same
codes as PS3.18 Table 8.5-1; and `dcs`, those and sixteen more, as the table of one cloud service has them. What leaves the
gateway is in the set, or in `documented.add`, which has 429 if you say nothing. Clauses are of RFC 9110 where no other is
named.

| code | name | clause | in `dicom` | in `dcs` | meaning |
| --- | --- | --- | --- | --- | --- |
"""

AFTER = """
## Codes outside a set

What the archive sends outside the documented set is folded: it becomes the documented code that tells a client the same,
where no rule says better. "Try again" becomes 500 after a POST, because a client that repeats a store may store twice. 305,
306 and codes about the connection to the archive are folded in both sets. [`documented.fold`](configuration.md#documented)
overrides single rows.

| code | name | becomes | stays with `set: dcs` | because |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    """The text of the page."""
    codes = [STATUS_CODES[code] for code in sorted(DICOM_SET | DCS_SET)]
    overview = "".join(f"| {_cells(code)} |\n" for code in codes)
    return f"{BEFORE}{overview}{''.join(map(_section, codes))}{AFTER}{''.join(_folds())}"


def _cells(code: StatusCode) -> str:
    number, clause = f"[{code.code}](#{code.code})", code.rfc.removeprefix("RFC 9110 ")
    return " | ".join((number, code.name, clause, _yes(code.dicom), _yes(code.dcs), code.meaning))


def _yes(there: bool) -> str:
    return "yes" if there else "-"


def _section(code: StatusCode) -> str:
    lines = "".join(f"- {line}\n" for line in _lines(code))
    return f'\n<a id="{code.code}"></a>\n\n## {code.code} {code.name}\n\n{lines}'


def _lines(code: StatusCode) -> Iterator[str]:
    yield f"{code.meaning} ({code.rfc})"
    if DCS_NAMES.get(code.code, code.name) != code.name:
        yield f"With `set: dcs` its reason phrase is `{DCS_NAMES[code.code]}`."
    yield from _owed(code.code)
    yield f"Listed by: {_listed(code.code)}."
    yield from _becomes(code.code)
    yield from _from(code.code)


def _owed(code: int) -> Iterator[str]:
    if code == SWITCHING_PROTOCOLS:
        yield "Sent where a notification channel is opened, whatever the set is, and nowhere else."
    elif code in NEVER_FINAL:
        yield "An interim answer, and so never what an exchange ends with."
    elif code in NEVER_SENT:
        yield "Never sent, documented or not."
    else:
        yield from _brings(code)


def _brings(code: int) -> Iterator[str]:
    if code in HOP_CODES:
        yield "Where the archive says it, it concerns the connection to the gateway, and clients get 503."
    yield from carried(code, SETTINGS)
    if code in FORBIDS_CONTENT:
        yield "Never with content."


def _listed(code: int) -> str:
    """The transactions in whose table of PS3.18 the code is."""
    listing = [id_ for id_, row in TRANSACTIONS.items() if code in row.responses]
    if len(listing) < _MOST:
        return _names(listing) or "no transaction"
    others = [id_ for id_ in TRANSACTIONS if id_ not in listing]
    return f"every transaction but {_names(others)}" if others else "every transaction"


def _names(ids: Iterable[str]) -> str:
    return ", ".join(f"`{id_}`" for id_ in ids)


def _becomes(code: int) -> Iterator[str]:
    """What becomes of a code of the larger set where the smaller one is in force."""
    if code not in DICOM_SET and code in FOLDED:
        unless = ", unless `documented.add` has it" if code in STAYING else ""
        yield f"With `set: dicom` it becomes {_outcomes(code)}{unless}."


def _from(code: int) -> Iterator[str]:
    """Which codes become this one, at least in one case."""
    if sources := [other for other in FOLDED if code in {to for to, _ in ROWS[other].cases()}]:
        yield f"What becomes it, at least in one case: {', '.join(map(str, sources))}."


def _outcomes(code: int) -> str:
    """Such as: 503, but 500 after a POST."""
    *special, (rest, _) = ROWS[code].cases()
    return ", but ".join((str(rest), *(f"{to} {when}" for to, when in special)))


def _folds() -> Iterator[str]:
    """A row for each code that has a name, and one for several without that become the same."""
    for _, alike in groupby(FOLDED, lambda code: (ROWS[code], STATUS_CODES.get(code))):
        codes = tuple(alike)
        row, name = ROWS[codes[0]], STATUS_CODES[codes[0]].name if codes[0] in STATUS_CODES else "-"
        numbers = ", ".join(map(str, codes))
        yield f"| {numbers} | {name} | {_outcomes(codes[0])} | {_yes(codes[0] in STAYING)} | {row.why} |\n"
    for first, row in BY_CLASS.items():
        yield f"| any other {first}xx | - | {row.to} | - | {row.why} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
