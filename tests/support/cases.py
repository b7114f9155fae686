"""The situations of tests/cases: files of cases as an operator writes them, read by the reader of `pacs-gateway test`.

Played pure and through sockets. Here is only what a wire needs besides: the request and the answer as bytes. And one thing
that no case has to say: every 429 and 503 tells when to return.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from gateway.config.case_files import read_case_files
from gateway.config.cases import Answer, Case, Raw
from gateway.config.load import load_text
from gateway.config.settings import Settings
from gateway.config.source import Pairs
from gateway.core.failures import Failure, FailureKind
from gateway.dicomweb.statuses import FORBIDS_CONTENT
from tests.support.client import request
from tests.support.running import SHORT
from tests.support.upstream import Said

FOLDER = Path(__file__).parents[1] / "cases"
BASE = SHORT + "retry_after: {default: 10s, jitter: 0%}\n"
WAIT = re.compile(r"^[1-9][0-9]*$|^[A-Z][a-z]{2}, .* GMT$")

# How an archive fails in these ways, on a wire. A refused connection needs an archive that is not there.
FAILING: Mapping[FailureKind, Said | None] = MappingProxyType(
    {
        FailureKind.CONNECTION_REFUSED: None,
        FailureKind.CONNECTION_TERMINATED: Said(after="close"),
        FailureKind.HTTP_RESPONSE_TIMEOUT: Said(after="hold"),
    }
)


@dataclass(frozen=True)
class Situation:
    """A case, what it supposes of the configuration, and the same as bytes. `said` is None where nobody listens."""

    id: str
    case: Case
    policy: Pairs | None
    request: bytes
    said: Said | None

    def settings(self, upstream: str = "http://127.0.0.1:1") -> Settings:
        """The configuration of a gateway with short timeouts in front of `upstream`."""
        return load_text(BASE, "tests", {"UPSTREAM": upstream}, self.policy)

    @property
    def content(self) -> bytes:
        """What the archive has to say, to its end."""
        upstream = self.case.upstream
        if isinstance(upstream, Raw):
            return upstream.data.partition(b"\r\n\r\n")[2]
        return upstream.content if isinstance(upstream, Answer) else b""

    @property
    def breaks_off(self) -> bool:
        return isinstance(self.case.upstream, Answer) and self.case.upstream.cut is not None


@cache
def situations() -> tuple[Situation, ...]:
    """Every case of every file."""
    files = read_case_files([FOLDER], {})
    return tuple(
        _situation(Path(file.name).stem, written.case, file.policy) for file in files for written in file.cases
    )


def _situation(stem: str, case: Case, policy: Pairs | None) -> Situation:
    assert case.why, f"{stem}: {case.name} does not say why"
    assert case.source, f"{stem}: {case.name} does not say where it was seen, or what demands it"
    asked = case.request
    sent = request(asked.method, asked.path, *asked.fields, body=asked.content or b"")
    return Situation(f"{stem}: {case.name}", _owing(case), policy, sent, _said(case.upstream))


def _owing(case: Case) -> Case:
    expect = case.expect
    if expect.status not in (429, 503) or "Retry-After" in {*dict(expect.headers), *expect.headers_absent}:
        return case
    return replace(case, expect=replace(expect, headers=(*expect.headers, ("Retry-After", WAIT))))


def _said(upstream: Answer | Raw | Failure) -> Said | None:
    if isinstance(upstream, Failure):
        return FAILING[upstream.kind]
    if isinstance(upstream, Raw):
        return Said(upstream.data, upstream.after)
    return Said(_bytes_of(upstream), "keep" if upstream.cut is None else upstream.after)


def _bytes_of(answer: Answer) -> bytes:
    """The answer as a well-behaved server frames it; a length in the case itself stands, as after a HEAD."""
    lines, content, end = list(answer.fields), answer.content[: answer.cut], b""
    if "Transfer-Encoding" in answer.fields:
        content, end = b"%x\r\n%b\r\n" % (len(content), content) if content else b"", b"0\r\n\r\n"
    elif "Content-Length" not in answer.fields and answer.status not in FORBIDS_CONTENT:
        lines.append(("Content-Length", str(len(answer.content))))
    head = f"HTTP/1.1 {answer.status} {answer.reason or 'X'}\r\n" + "".join(f"{name}: {v}\r\n" for name, v in lines)
    return f"{head}\r\n".encode("latin-1") + content + (end if answer.cut is None else b"")
