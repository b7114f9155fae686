"""Label words in the words of a PACS administrator: codes, built-in rules, endings and spans of time."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from gateway.admin.html import Markup, joined, tag
from gateway.core.failures import MEANINGS, FailureKind
from gateway.dicomweb.statuses import STATUS_CODES
from gateway.dicomweb.transactions import TRANSACTIONS
from gateway.telemetry.labels import INVALID, NONE, OTHER
from gateway.telemetry.record import ExchangeRecord

# Why requests were not let through to an archive, after a number of them.
HELD_BACK_WORDS: Mapping[str, str] = MappingProxyType(
    {
        FailureKind.MAINTENANCE: "during maintenance",
        FailureKind.BREAKER_OPEN: "while it was left alone",
        FailureKind.RATE_LIMITED: "of clients that ask too often",
        FailureKind.RATE_EXHAUSTED: "because all together ask too often",
        FailureKind.TOO_BUSY: "that found no place in line or waited too long",
    }
)

_ENDED = {
    "truncated": "The client's copy was cut at the same place.",
    "client_gone": "The client left before the end.",
}


def code(label: str, none: str = "none") -> Markup:
    """A status code, coloured by its class; `none` where there is none."""
    kind = label[0] if label.isdecimal() else "0"
    return tag("span", {NONE: none, INVALID: "invalid"}.get(label, label), class_=f"status c{kind}")


def code_with_name(label: str, none: str = "no answer") -> Markup:
    return joined([code(label, none), "\u00a0", tag("span", code_name(label), class_="name")])


def code_name(code: str) -> str:
    """The name of a status code; empty for a code without one, and for the words that stand in place of a code."""
    known = STATUS_CODES.get(int(code)) if code.isdecimal() else None
    return known.name if known else ""


def transaction_words(id_: str) -> str:
    """A transaction by its name in the standard."""
    return TRANSACTIONS[id_].name if id_ in TRANSACTIONS and id_ != OTHER else "Not DICOMweb"


def what_happened(record: ExchangeRecord) -> str:
    """A failed exchange in a sentence or two."""
    ended = "" if record.failure == FailureKind.CLIENT_GONE else _ENDED.get(record.ended, "")
    told = " ".join(filter(None, (_sentence(record), record.hint, ended)))
    return told[:1].upper() + told[1:] or "The archive reported an error of its own."


def _sentence(record: ExchangeRecord) -> str:
    known = record.failure in frozenset(FailureKind)
    return MEANINGS[FailureKind(record.failure)].sentence if known else record.why


def span(seconds: float) -> str:
    """A length of time in its two largest units: `3 d 4 h`."""
    left, parts = max(int(seconds), 0), []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def clock_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
