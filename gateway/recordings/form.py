"""How an entry is written: one JSON object on a line."""

import json

from gateway.core.request import KNOWN_METHODS
from gateway.dicomweb.transactions import TRANSACTIONS
from gateway.recordings.entry import VERSION, Entry
from gateway.recordings.plain import BadEntry, plain, read
from gateway.recordings.sketch import OTHER_METHOD

LONGEST = 1024 * 1024  # characters of a line
_MOST_BYTES = 64 * 1024 * 1024  # of one content: as many as a policy may hold
_MOST_ITEMS = 100_000


def to_line(entry: Entry) -> str:
    return json.dumps(plain(entry), separators=(",", ":")) + "\n"


def from_line(line: str) -> Entry:
    """Raises `BadEntry`, with what is wrong, for whatever is no entry."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        raise BadEntry("is no JSON; it may have been cut when the gateway was killed, or be from elsewhere") from None
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION:
        raise BadEntry(
            "is no entry of a recording" if version is None else f"is not of version {VERSION}, which is read here"
        )
    entry: Entry = read(Entry, document)
    _check(entry)
    return entry


def _check(entry: Entry) -> None:
    """What types do not say."""
    asked, answer, failure = entry.exchange.request, entry.exchange.answer, entry.exchange.failure
    if (answer is None) is (failure is None):
        raise BadEntry("exchange has neither an answer nor a failure, or both")
    if asked.transaction not in TRANSACTIONS or asked.method not in {*KNOWN_METHODS, OTHER_METHOD}:
        raise BadEntry("exchange.request names a transaction or a method that is not known here")
    content = answer.content if answer else None
    if content is None:
        return
    store = content.store
    amounts = (store.stored, store.failed, store.warned, store.other_failures) if store else ()
    if not 0 <= content.size <= _MOST_BYTES or any(not 0 <= amount <= _MOST_ITEMS for amount in amounts):
        raise BadEntry("exchange.answer.content is larger than any gateway holds")
