"""What a request asks of the legacy PACS: the transaction, the UIDs in its path, the query.

This is the archive's own reading of PS3.18 10 and 9, kept apart from the gateway's on purpose.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

ROOT = "/dicom-web"
WADO_URI = "/wado"


class Transaction(StrEnum):
    """What the archive can be asked for."""

    SEARCH = "search"
    RETRIEVE = "retrieve"
    METADATA = "metadata"
    FRAMES = "frames"
    RENDERED = "rendered"
    BULKDATA = "bulkdata"
    WADO_URI = "wado-uri"
    STORE = "store"
    OTHER = "other"


T = Transaction
RETRIEVALS = frozenset({T.RETRIEVE, T.METADATA, T.FRAMES, T.RENDERED, T.BULKDATA, T.WADO_URI})

READS = ("GET", "HEAD")
LEVELS = ("studies", "series", "instances")
TAILS = {"metadata": T.METADATA, "frames": T.FRAMES, "rendered": T.RENDERED, "bulkdata": T.BULKDATA}


Uids: TypeAlias = tuple[str, str, str]  # study, series, instance; empty where the request names none


@dataclass(frozen=True, slots=True)
class Resource:
    """One request, read. `level` is what is searched, `tail` what follows the UIDs: `frames`, `1`."""

    transaction: Transaction
    method: str
    path: str
    uids: Uids = ("", "", "")
    level: str = ""
    tail: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    ranged: bool = False

    @property
    def study(self) -> str:
        return self.uids[0]


def read(method: str, path: str, query: Mapping[str, str], *, ranged: bool = False) -> Resource:
    """The resource that a request names; `Transaction.OTHER` if it names none of ours."""
    if path == WADO_URI:
        uids = (query.get("studyUID", ""), query.get("seriesUID", ""), query.get("objectUID", ""))
        found = T.WADO_URI if method in READS else T.OTHER
        return Resource(found, method, path, uids, query=query, ranged=ranged)
    segments = path.removeprefix(ROOT).strip("/").split("/") if path.startswith(ROOT + "/") else []
    uids, level, tail = _walk(segments)
    return Resource(_transaction(method, uids, level, tail), method, path, uids, level, tail, query, ranged)


def _walk(segments: list[str]) -> tuple[Uids, str, tuple[str, ...]]:
    """The UID of each level, the level that is named without a UID, and the rest."""
    uids: list[str] = []
    for level in LEVELS:
        named = segments[:1] == [level]
        if named and len(segments) == 1:
            return _padded(uids), level, ()
        uids.append(segments[1] if named else "")
        segments = segments[2:] if named else segments
    return _padded(uids), "", tuple(segments)


def _padded(uids: list[str]) -> Uids:
    study, series, instance, *_ = [*uids, "", "", ""]
    return study, series, instance


def _transaction(method: str, uids: Uids, level: str, tail: tuple[str, ...]) -> Transaction:
    """PS3.18 Table 10.1-1, as far as this archive goes."""
    if method == "POST" and (level == "studies" or (uids[0] and not uids[1] and not level and not tail)):
        return T.STORE
    if method not in READS or not (level or any(uids)):
        return T.OTHER
    if level:
        return T.SEARCH
    return TAILS.get(tail[0], T.OTHER) if tail else T.RETRIEVE
