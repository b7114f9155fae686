"""The tour: the same request to the legacy PACS and to the gateway, side by side, and why they differ.

It only asks, prints and explains. It decides nothing, and no server can make it fail: what goes wrong is part of the
show. Plain ASCII in 100 columns.
"""

import asyncio
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aiohttp import ClientSession

from gateway.demo import probe
from gateway.demo.misbehaviours import BY_ID
from gateway.demo.probe import Probe
from gateway.demo.sighting import Sighting, client_session, look

WIDTH = 100
PATIENCE = 7.0  # seconds; longer than the gateway's own patience in demo.yaml, or the hang would show nothing
TOLD = (
    ("rule", r"\brule=(?!failure\b)([\w.:-]*\w)"),  # the rule `failure` would only say it twice
    ("failure", r"\berror=([a-z_]+)"),
    ("for the status", r"\breceived-status=([0-9]{3})"),
)
SHOWN = ("Retry-After", "WWW-Authenticate", "Allow", "Location")


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop: a title, a request, and one sentence on what the gateway makes of the answer.

    `compare` shows digests of the content, where byte for byte is the point.
    """

    title: str
    request: Probe
    why: str
    compare: bool = False


def _row(row_id: str, title: str, why: str) -> Stop:
    return Stop(title, BY_ID[row_id].try_it, why)


STOPS = (
    Stop(
        "A good search",
        Probe("/dicom-web/studies?PatientName=DEMO*"),
        "The answer is documented and complete, so it passes byte for byte: compare the two digests.",
        compare=True,
    ),
    Stop(
        "A good instance",
        probe.instance("2.25.101"),
        "DICOM content is never altered. The digests are equal here, and for every object that you will try.",
        compare=True,
    ),
    _row(
        "front-proxy-502",
        "The page of a front proxy",
        "502 is in no DICOM table and clients do not repeat it. 503 with Retry-After says: come back soon.",
    ),
    _row(
        "retry-after-soon",
        "A Retry-After that nobody can read",
        "The code is right, but `soon` is neither seconds nor a date, so the gateway puts its own advice there.",
    ),
    _row(
        "quota-429",
        "A limit without advice",
        "429 is a documented row of this gateway. Every 429 owes a Retry-After, or viewers ask on at full speed.",
    ),
    _row(
        "bare-401",
        "Not logged in, and no word how",
        "A 401 owes a challenge (RFC 9110). Only the administrator knows it: it comes from the configuration.",
    ),
    _row(
        "login-redirect-302",
        "A search that is sent to the login form",
        "A script cannot fill in a form. 401 is the documented word for it; the redirect is taken away.",
    ),
    _row(
        "login-form-200",
        "A login form under the name of a study",
        "200 promised DICOM and the content is a password form. A login page is not a result: 401.",
    ),
    _row(
        "unknown-study-500",
        "A stack trace for an unknown study",
        "The archive is well, it only lacks this study: a rule in demo.yaml knows its exception and says 404.",
    ),
    _row(
        "no-match-404",
        "Nothing found, reported as an error",
        "A rule in demo.yaml knows this text. Only a rule may make a success out of an error, and only by name.",
    ),
    _row(
        "disk-full-507",
        "A full disk",
        "507 becomes 503, the documented code for an archive that cannot store now; the rule says for how long.",
    ),
    _row(
        "closed-without-answer",
        "A connection that closes without an answer",
        "For the client this would be a riddle. The gateway gives it a name, a documented code and advice.",
    ),
    _row(
        "no-answer",
        "No answer at all",
        "The gateway waits as long as `timeouts.response` allows, then it answers in the archive's place.",
    ),
    _row(
        "cut-study",
        "A study that is cut in the middle",
        "The 200 is already with the client, so it is cut there as well: half a study must never look whole.",
    ),
)


async def tour(gateway_url: str, pacs_url: str, write: Callable[[str], object], *, patience: float = PATIENCE) -> int:
    """Walk through all stops and return their number. Lines go to `write`, without their ends."""
    changed = 0
    async with client_session() as client:
        for number, stop in enumerate(STOPS, start=1):
            said, got = await _ask_both(client, gateway_url, pacs_url, stop.request, patience)
            changed += _differ(said, got)
            for line in _describe(number, stop, said, got):
                write(line)
    write(f"{len(STOPS)} stops: the gateway changed {changed} answers and left {len(STOPS) - changed} as they were.")
    return len(STOPS)


async def _ask_both(
    client: ClientSession, gateway_url: str, pacs_url: str, request: Probe, patience: float
) -> tuple[Sighting, Sighting]:
    said, got = await asyncio.gather(
        look(client, pacs_url, request, patience), look(client, gateway_url, request, patience)
    )
    return said, got


def _differ(said: Sighting, got: Sighting) -> bool:
    """Whether the gateway did anything a client would notice."""
    return _visible(said) != _visible(got)


def _visible(seen: Sighting) -> tuple[object, ...]:
    fields = tuple(seen.fields.get(name) for name in SHOWN)
    return (seen.status, fields, seen.content) if not seen.trouble else (seen.status, fields)


def _describe(number: int, stop: Stop, said: Sighting, got: Sighting) -> Iterator[str]:
    yield f"{number:2}. {stop.title}"
    yield from _lines("request", str(stop.request))
    yield from _lines("PACS said", _summary(said, stop.compare))
    yield from _lines("client got", _summary(got, stop.compare))
    yield from _lines("why", stop.why)
    yield from _lines("decided by", _decided_by(said, got))
    yield ""


def _lines(label: str, words: str) -> list[str]:
    indent = f"    {label:<12}"
    return textwrap.wrap(
        words,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * len(indent),
        break_on_hyphens=False,
        break_long_words=False,
    )


def _summary(seen: Sighting, compare: bool) -> str:
    """Status, media type, the fields that matter here, and the content as far as it came."""
    if not seen.status:
        return seen.trouble
    media_type = seen.fields.get("Content-Type", "").partition(";")[0]
    fields = [f"{name}: {seen.fields[name]}" for name in SHOWN if name in seen.fields]
    content = f"{len(seen.content)} bytes" if seen.content else "no content"
    digest = f"sha256 {seen.digest}..." if compare else ""
    parts = [f"{seen.status} {seen.reason}".strip(), media_type, *fields, seen.trouble or content, digest]
    return ", ".join(part for part in parts if part)


def _decided_by(said: Sighting, got: Sighting) -> str:
    """What the gateway says about itself in Proxy-Status (RFC 9209)."""
    members = ", ".join(got.fields.getall("Proxy-Status", []))
    found = [f"{word} {match[1]}" for word, pattern in TOLD if (match := re.search(pattern, members))]
    if found:
        return ", ".join(found)
    if got.trouble:
        return "nobody: what the PACS broke off is broken off here too"
    return (
        "no rule: only fields that this code owes were added" if _differ(said, got) else "nobody: it passed as it came"
    )
