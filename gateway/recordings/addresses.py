"""Addresses, as far as closed words go: the path of a request as its template, and where a redirect leads.

Of a path outside the standard only the number of its segments is told; of an address in an answer, whether it stays at the
archive, and those of its words that say what stands there, such as `login`.
"""

import re
from collections.abc import Iterator

from gateway.core.addresses import place_of, scheme_of
from gateway.dicomweb.transactions import Template
from gateway.recordings.words import PATH_WORDS, QUERY_KEYS

_WORD = re.compile(r"[A-Za-z0-9]+")
_MOST_WORDS = 12
_MOST_KEYS = 40
ELSEWHERE = "elsewhere.invalid"
AT_HOME = "archive.invalid"
MORE = "other"  # keys of a query that are in no list


def template_like(template: Template | None, target: str) -> str:
    """The template of a path, or as many nameless segments as it has."""
    if template is not None and "{any*}" not in template.path and template.path != "/":
        return template.path
    segments = sum(bool(segment) for segment in target.partition("?")[0].split("/"))
    return "/" + "/".join(["-"] * min(segments, _MOST_WORDS))


def query_like(target: str) -> tuple[str, ...]:
    """The keys of a query that are in the list, in their order, and `other` for each that is not. No value."""
    _, mark, query = target.partition("?")
    keys = [pair.partition("=")[0].lower() for pair in query.split("&")] if mark else []
    return tuple(QUERY_KEYS.get(key, MORE) for key in keys[:_MOST_KEYS])


def target_of(path: str, query: tuple[str, ...]) -> str:
    """A target with such a path and such keys."""
    return path + ("?" + "&".join(query) if query else "")


def location_like(address: str, origin: str) -> str:
    """An address like this one; `origin` is that of the archive."""
    scheme = scheme_of(address)
    if scheme not in ("", "http", "https"):
        return "other:"
    place = place_of(address)
    begins = "" if place == ("", 0) else f"http://{AT_HOME if place == place_of(origin) else ELSEWHERE}"
    rest = address.partition("://")[2].partition("/")[2] if begins else address
    return f"{begins}/{'/'.join(_path_words(rest))}"


def _path_words(text: str) -> Iterator[str]:
    found = (word.lower() for word in _WORD.findall(text))
    known = list(dict.fromkeys(word for word in found if word in PATH_WORDS))
    return iter(known[:_MOST_WORDS])
