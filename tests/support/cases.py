"""The situations of tests/cases: read once, played pure and through sockets.

The words are those of the examples in a configuration, and the reader is the operator's own. A few words more say what
only bytes on a wire can tell: `raw` or `raw_base64` (the answer as it is sent), `after` (close, rst, hold), `body_base64`,
`request.body`, and a list in `expect.status`, the preferred one first, where timing decides. `why` and `source` are for
people. Every 429 and 503 must say when to return, without a word about it in the case.
"""

import base64
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from gateway.config.case_reader import read_case
from gateway.config.cases import Answer, Case
from gateway.config.findings import Place, Report
from gateway.config.load import load_text
from gateway.config.source import from_plain
from gateway.core.failures import Failure, FailureKind
from gateway.core.fields import Fields
from gateway.core.policy import Policy
from tests.support.client import request
from tests.support.running import SHORT
from tests.support.upstream import Said

FOLDER = Path(__file__).parents[1] / "cases"
FOR_PEOPLE = {"why", "source"}
DICOM_ONLY = {"documented": {"set": "dicom", "add": {}}, "packs": "all"}
NO_CHANCE = {"retry_after": {"default": "10s", "jitter": "0%"}}
WAIT = re.compile(r"^[1-9][0-9]*$|^[A-Z][a-z]{2}, .* GMT$")

# How an archive fails in these ways, on a wire. A refused connection needs an archive that is not there.
FAILING: dict[FailureKind, Said | None] = {
    FailureKind.CONNECTION_REFUSED: None,
    FailureKind.CONNECTION_TERMINATED: Said(after="close"),
    FailureKind.HTTP_RESPONSE_TIMEOUT: Said(after="hold"),
}
_ANSWER = re.compile(rb"HTTP/1\.[01] ([2-5][0-9]{2})[^\r]*\r\n(?:(.*?)\r\n)?\r\n(.*)", re.DOTALL)


@dataclass(frozen=True)
class Situation:
    """A case as `run_case` plays it, and the same as bytes.

    `said` is None where nobody listens. `whole` is false where the archive's answer has no end, or is no answer: then
    there is nothing to play without a wire.
    """

    id: str
    config: str
    case: Case
    statuses: tuple[int, ...]
    request: bytes
    said: Said | None
    content: bytes
    whole: bool


@cache
def situations() -> tuple[Situation, ...]:
    """Every case of every file."""
    return tuple(situation for file in sorted(FOLDER.glob("*.yaml")) for situation in _of_file(file))


@cache
def policy_of(config: str) -> Policy:
    return load_text(SHORT + config, "tests", {"UPSTREAM": "http://127.0.0.1:1"}).policy


def _of_file(file: Path) -> list[Situation]:
    data = yaml.safe_load(file.read_text("utf-8"))
    assert data.keys() <= {"about", "config", "cases"}, file
    config = yaml.safe_dump({**NO_CHANCE, **data.get("config", DICOM_ONLY)})
    return [_situation(file.stem, config, entry) for entry in data["cases"]]


def _situation(stem: str, config: str, entry: dict[str, Any]) -> Situation:
    assert entry.keys() >= FOR_PEOPLE, f"{stem}: {entry['name']} lacks one of {FOR_PEOPLE}"
    asked, upstream, expect = dict(entry["request"]), dict(entry["upstream"]), dict(entry["expect"])
    body = asked.pop("body", "").encode()
    said, content, whole = _spoken(upstream)
    statuses = expect["status"] if isinstance(expect["status"], list) else [expect["status"]]
    case = _case(
        {"name": entry["name"], "request": asked, "upstream": upstream, "expect": {**expect, "status": statuses[0]}}
    )
    if isinstance(case.upstream, Failure):
        said = said or FAILING[case.upstream.kind]
    else:
        case = replace(case, upstream=replace(case.upstream, content=content))
        said = said or Said(_bytes_of(case.upstream, content), after="keep")
    sent = request(case.request.method, case.request.path, *case.request.fields, body=body)
    return Situation(f"{stem}: {case.name}", config, case, tuple(statuses), sent, said, content, whole)


def _spoken(upstream: dict[str, Any]) -> tuple[Said | None, bytes, bool]:
    """Takes the words of the wire out of `upstream` and leaves what the operator's reader knows in their place.

    What was said where it was given as bytes, the content of it, and whether it is a whole answer.
    """
    if "body_base64" in upstream:
        return None, base64.b64decode(upstream.pop("body_base64")), True
    if not {"raw", "raw_base64"} & upstream.keys():
        return None, upstream.get("body", "").encode(), True
    raw = upstream.pop("raw", "").encode() or base64.b64decode(upstream.pop("raw_base64", ""))
    said = Said(raw, upstream.pop("after", "close"))
    found = _ANSWER.fullmatch(raw)
    if found is None:
        upstream["failure"] = FailureKind.HTTP_PROTOCOL_ERROR.value
        return said, b"", False
    lines = [line.split(":", 1) for line in (found[2] or b"").decode().splitlines()]
    fields = Fields((name, value.strip()) for name, value in lines)
    upstream |= {"status": int(found[1]), "headers": dict(fields)}
    whole = said.after == "close" and fields.get("Content-Length", str(len(found[3]))) == str(len(found[3]))
    return said, found[3], whole


def _case(data: dict[str, Any]) -> Case:
    report = Report()
    case = read_case(from_plain(data, Place(data["name"])), report)
    assert case is not None, [str(finding) for finding in report.findings]
    expect = case.expect
    if expect.status in (429, 503) and "Retry-After" not in {*dict(expect.headers), *expect.headers_absent}:
        return replace(case, expect=replace(expect, headers=(*expect.headers, ("Retry-After", WAIT))))
    return case


def _bytes_of(upstream: Answer, content: bytes) -> bytes:
    """The answer as a well-behaved server frames it; a length in the case itself stands, as after a HEAD."""
    lines = list(upstream.fields)
    if "Content-Length" not in upstream.fields and upstream.status not in (204, 304):
        lines.append(("Content-Length", str(len(content))))
    head = f"HTTP/1.1 {upstream.status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines)
    return f"{head}\r\n".encode("latin-1") + content
