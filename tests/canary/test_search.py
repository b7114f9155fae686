"""The search of the canary test can find: it is no proof that a blind man saw nothing."""

import base64
import gzip
import json
from collections.abc import Callable
from html import escape
from urllib.parse import quote, quote_plus

import pytest

from tests.canary.search import EVERYTHING, NAME, PEOPLE, STUDY, TOKEN, sightings

WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "lower": str.lower,
    "upper": str.upper,
    "percent": lambda text: quote(text, safe=""),
    "percent, small": lambda text: quote(text, safe="").lower(),
    "every byte": lambda text: "".join(f"%{ord(letter):02x}" for letter in text),
    "twice": lambda text: quote(quote(text, safe="")),
    "form": quote_plus,
    "json": lambda text: json.dumps({"key": text}),
    "html": lambda text: escape(f"<p>{text}</p>"),
    "repr": lambda text: repr(f"GET /{text} HTTP/1.1".encode()),
    "hexadecimal": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of credentials": lambda text: base64.b64encode(f"user:{text}@".encode()).decode(),
    "base64 of a sentence": lambda text: base64.urlsafe_b64encode(f"ab{text} and more".encode()).decode(),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("secret", EVERYTHING)
def test_each_spelling_is_found(secret: str, way: str) -> None:
    assert sightings(f'{{"line": "{WAYS[way](secret)}"}}'.encode())


def test_a_part_of_the_name_is_found() -> None:
    assert sightings(b"patient Doe unknown")
    assert sightings(b"no such object: john")


def test_an_honest_line_holds_none() -> None:
    line = b'{"time": "2026-11-22T10:00:00.000Z", "id": "0b0e7c1e-6f0e-4a39-9d0c-0d4a6f5b1f7e", "does": "doe5"}'
    assert sightings(line) == []


def test_the_identifier_counts_only_where_it_is_looked_for() -> None:
    assert sightings(STUDY.encode())
    assert sightings(STUDY.encode(), PEOPLE) == []


def test_what_is_compressed_would_not_be_found() -> None:
    """Why nothing that is searched may be compressed."""
    assert sightings(gzip.compress(f"{NAME} {TOKEN}".encode() * 3)) == []
