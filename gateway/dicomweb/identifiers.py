"""Which study, series and instance a request names: in its path (PS3.18 8.6.1), or in its query (9.4.1, 8.3.4.1).

Only what is written like a UID (PS3.5 9.1) is taken for one. Whatever else stands in such a place, a patient's name
pasted into the wrong field included, is not an identifier and is never told on.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import unquote

_UID = re.compile(r"[0-9]+(?:\.[0-9]+)+")  # with one dot at least: a bare number may be a patient's
_LONGEST = 64

_IN_PATH = {"studies": "study", "series": "series", "instances": "instance"}
_IN_QUERY = {
    "studyuid": "study", "studyinstanceuid": "study", "0020000d": "study",
    "seriesuid": "series", "seriesinstanceuid": "series", "0020000e": "series",
    "objectuid": "instance", "sopinstanceuid": "instance", "00080018": "instance",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identifiers:
    """UIDs as the request wrote them; empty where it named none, or more than one."""

    study: str = ""
    series: str = ""
    instance: str = ""


NONE = Identifiers()


def identifiers(target: str) -> Identifiers:
    """What a raw target names. The path is believed before the query."""
    path, _, query = target.partition("?")
    named = dict.fromkeys(("study", "series", "instance"), "")
    named.update(_of_query(query))
    named.update(_of_path(path.split("/")))
    return Identifiers(**named)


def is_uid(text: str) -> bool:
    """Whether this is written like a UID; leading zeros in a component are let pass, as archives do."""
    return len(text) <= _LONGEST and _UID.fullmatch(text) is not None


def _of_path(segments: list[str]) -> dict[str, str]:
    pairs = pairwise(segments)
    return {_IN_PATH[word]: uid for word, segment in pairs if word in _IN_PATH and is_uid(uid := unquote(segment))}


def _of_query(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        name = _IN_QUERY.get(key.lower())
        if name is not None and is_uid(uid := unquote(value)):
            found[name] = "" if name in found else uid
    return found
