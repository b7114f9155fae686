"""Nothing in a recording names anybody: no name, no UID, no token, whatever place of an exchange it stands in."""

import hmac
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.facts import UNKNOWN, Outcome, RequestFacts, Response
from gateway.core.failures import Failure, FailureKind, Sent
from gateway.core.fields import Fields
from gateway.core.inspect import Looks
from gateway.core.policy import Mode, Policy
from gateway.core.request import KNOWN_METHODS
from gateway.core.websocket import accept_of
from gateway.dicomweb.json_shape import JsonShape
from gateway.dicomweb.statuses import STATUS_CODES
from gateway.dicomweb.store_response import StoreOutcome
from gateway.dicomweb.transactions import TRANSACTIONS
from gateway.recordings.content import Content, Json, Parts
from gateway.recordings.entry import Entry, drawn
from gateway.recordings.form import to_line
from gateway.recordings.judging import Known
from gateway.recordings.lines import KEY, Line, Lines
from gateway.recordings.sketch import Answered, Asked, Sketch, sketch
from gateway.recordings.words import (
    ANSWER_FIELDS,
    JSON_KEYS,
    MEDIA_TYPES,
    PATH_WORDS,
    PRODUCTS,
    QUERY_KEYS,
    REQUEST_FIELDS,
    TOP_LEVELS,
)
from tests.canary.script import ANSWERS, SOUND, UNSOUND, script, sound
from tests.canary.search import KEY as LOG_KEY
from tests.canary.search import NAME, STUDY, TOKEN, sightings
from tests.recordings.test_stand_ins import bench_of
from tests.support import strategies as some
from tests.support.client import ask
from tests.support.running import running
from tests.support.upstream import ScriptedUpstream

RECORDING = "packs: all\nrecording: {{directory: {folder}{more}}}\n"


def lines_in(folder: Path) -> list[bytes]:
    return [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_bytes().splitlines()]


async def recorded(tmp_path: Path, more: str = "", answers: int = len(ANSWERS)) -> list[bytes]:
    """The exchanges of the script, as they were recorded; with fewer answers where that is enough."""
    folder = tmp_path / "recordings"
    async with (
        ScriptedUpstream(script) as archive,
        running(tmp_path, archive.url, RECORDING.format(folder=folder, more=more)) as gateway,
    ):
        for number in range(answers):
            for asked in sound(number):
                await ask(gateway.port, asked)
        for odd in UNSOUND if answers == len(ANSWERS) else ():
            await ask(gateway.port, odd)
        received = b"".join(asked.head + asked.body for asked in archive.requests)
    assert all(sightings(received, (secret,)) for secret in (NAME, TOKEN, STUDY))
    return lines_in(folder)


async def test_no_canary_gets_into_a_recording(tmp_path: Path) -> None:
    lines = await recorded(tmp_path)
    assert len(lines) == len(ANSWERS) * len(SOUND) + len(UNSOUND)
    assert sightings(b"\n".join(lines)) == []
    assert not any("names" in json.loads(line) for line in lines)


async def test_a_study_can_be_followed_by_its_hash_where_that_is_wanted(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(LOG_KEY)
    lines = await recorded(tmp_path, f", identifiers: hash, identifier_key_file: {key}", answers=3)
    hashed = hmac.digest(LOG_KEY.encode(), STUDY.encode(), "sha256").hex()[:16]
    named = [line for line in lines if json.loads(line).get("names", {}).get("study") == hashed]
    assert len(named) == 3 * sum(STUDY in target for _, target, _, _ in SOUND)
    assert sightings(b"\n".join(lines)) == []
    assert LOG_KEY.encode() not in b"\n".join(lines)


_TOKEN = re.compile(r"[A-Za-z0-9_]+")


def tokens(*texts: str) -> set[str]:
    return {token.lower() for text in texts for token in _TOKEN.findall(text)}


def names_of(*kinds: type) -> Iterator[str]:
    """What the members of these are called, which is the closed list of keys."""
    for kind in kinds:
        yield from kind.__dataclass_fields__


CLOSED = tokens(
    *QUERY_KEYS, *JSON_KEYS, *REQUEST_FIELDS, *ANSWER_FIELDS, *PATH_WORDS, *PRODUCTS, *MEDIA_TYPES, *TOP_LEVELS,
    *TRANSACTIONS, *FailureKind, *Looks, *JsonShape, *Mode, *KNOWN_METHODS, *(sent.value for sent in Sent),
    KEY, accept_of(KEY),
    *(template.path for row in TRANSACTIONS.values() for template in row.templates),
    *(template.level for row in TRANSACTIONS.values() for template in row.templates),
    *(row.name for row in STATUS_CODES.values()),
    "color-palettes defined-procedure-protocols hanging-protocols implant-templates",  # what {npi} stands for
    "dicomweb pacs",  # the route and the archive of these tests
    "other x-unlisted type boundary b q http archive.invalid elsewhere.invalid soon Thu Jan GMT 00091001 text number unseen",
    "gzip x-gzip deflate br zstd compress identity chunked close keep-alive upgrade websocket true false bytes none nosniff",
    "deny sameorigin no-store no-cache private public must-revalidate no-transform immutable max-age s-maxage timeout max",
    "stale-while-revalidate stale-if-error Basic Bearer Digest Negotiate NTLM 100-continue jpeg png gif jp2 tiff",
)  # fmt: skip
_HASHES = ("truths", "rule", "ground", "names", "config", "id", "time", "verdict")


def strings(value: object) -> Iterator[str]:
    """Every text of a document, but for members that hold hashes or words of the configuration."""
    if isinstance(value, dict):
        yield from (text for key, own in value.items() if key not in _HASHES for text in (str(key), *strings(own)))
    elif isinstance(value, list):
        yield from (text for own in value for text in strings(own))
    elif isinstance(value, str):
        yield value


_SECRET = st.text("DOEJHNdoejhn^= ;,/.:%&?<>{}[]\"'1", min_size=1, max_size=30)
_lines = st.tuples(
    st.sampled_from([*REQUEST_FIELDS.values(), *ANSWER_FIELDS.values()]) | _SECRET,
    _SECRET | st.sampled_from(some.VALUES),
)
_targets = st.builds(
    lambda start, rest: start + rest.replace(" ", "+"),
    st.sampled_from(
        ("/", "/rs/studies/", "/rs/studies?", "/wado?requestType=", "/rs/studies/1.2/metadata?PatientName=")
    ),
    _SECRET,
)
_trees = st.recursive(
    _SECRET | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_SECRET | st.just("status"), inner),
    max_leaves=8,
)
_bodies = (
    _SECRET.map(str.encode)
    | _trees.map(lambda tree: json.dumps(tree).encode())
    | st.builds(lambda before, secret: before + secret.encode(), st.sampled_from(some.BODIES), _SECRET)
)
_SEEN = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@_SEEN
@given(
    some.requests(),
    _targets,
    st.lists(_lines, max_size=8),
    st.lists(_lines, max_size=8),
    _bodies,
    some.statuses,
    _SECRET,
    some.policies(),
)
def test_every_word_of_a_line_is_of_a_closed_list(
    request_: RequestFacts,
    target: str,
    asked: list[tuple[str, str]],
    said: list[tuple[str, str]],
    body: bytes,
    status: int,
    reason: str,
    policy: Policy,
) -> None:
    """But for numbers, hashes and the words of the configuration."""
    request = RequestFacts(
        request_.method if request_.method else NAME, target, Fields(asked), request_.classification, "dicomweb", "pacs",
    )  # fmt: skip
    outcome: Outcome = Response(status, Fields(said), body, whole=True, reason=reason)
    exchange, known = drawn(request, outcome, "http://pacs.internal:8042", bench_of(policy, request))
    line = to_line(Entry(1, "", "", "", Mode.ENFORCE, 200, known, exchange))
    found = tokens(*strings(json.loads(line)))
    members = tokens(*_members())
    assert {token for token in found - CLOSED - members if not token.isdigit()} == set()
    assert set(json.loads(line)["known"]["verdict"]) <= {"status", "rule", "body"}
    assert all(re.fullmatch("[0-9a-f]{10}", key) for key in json.loads(line)["known"].get("truths", {}))


def _members() -> Iterator[str]:
    """The keys of a line, by the types that it is made of."""
    yield from names_of(Entry, Known, Sketch, Asked, Answered, Lines, Line, Content, Json, Parts, StoreOutcome, Failure)
    yield from ("keys", "others", "length", "first", "shape", "content", "enforce")


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (f"/dicom-web/studies/{STUDY}/metadata?PatientName={NAME}&x=1", "/-/-/-/-", ("PatientName", "other")),
        (f"/{NAME}/{TOKEN}", "/-/-", ()),
        ("/", "/", ()),
        ("/wado?requestType=WADO&STUDYUID=1", "/-", ("requestType", "studyUID")),
        ("/studies?00100010=x&19700101=y", "/-", ("00100010", "other")),
    ],
)
def test_of_a_target_its_shape_is_told(target: str, path: str, query: tuple[str, ...]) -> None:
    drawn_ = sketch(RequestFacts("GET", target, Fields(), UNKNOWN), Response(200))
    assert (drawn_.request.path, drawn_.request.query) == (path, query)
