"""Recordings for the tests of those who read them: made by the same hand that makes them beside traffic."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from gateway.config.load import load_text
from gateway.core.facts import Outcome, RequestFacts, Response, classified
from gateway.core.failures import Failure, FailureKind
from gateway.core.fields import Fields
from gateway.core.policy import Mode
from gateway.recordings.entry import Entry, drawn
from gateway.recordings.form import to_line
from gateway.recordings.judging import Bench

CONFIG = "version: 1\nupstreams: {pacs: {url: 'http://pacs'}}\nroutes: [{id: rs, prefix: /, upstream: pacs}]\n"
JSON, TEXT = ("Content-Type", "application/dicom+json"), ("Content-Type", "text/plain")

Exchange = tuple[str, Outcome]  # the target of a GET, and what came back


def said(status: int, content: bytes = b"", *fields: tuple[str, str]) -> Response:
    return Response(status, Fields([*fields, ("Content-Length", str(len(content)))]), content, whole=True)


EMPTY = ("/studies?PatientID=1", said(200, b"[]", JSON))
FOUND = ("/studies?PatientID=1", said(200, b'[{"00100020": {}}]', JSON))
FULL = ("/studies/1.2", said(507, b"disk full", TEXT))
WORDS = ("/studies/1.2", said(500, b"No such study", TEXT))
REFUSED = ("/studies/1.2", Failure(FailureKind.CONNECTION_REFUSED))


@cache
def line(exchange: Exchange, config: str = CONFIG, time: str = "2026-11-20T10:00:00.000Z") -> str:
    bench = Bench(load_text(config, "tests", {}))
    target, outcome = exchange
    request = RequestFacts("GET", target, Fields(), classified("GET", target, Fields()), "rs", "pacs")
    sketch, known = drawn(request, outcome, "http://pacs", bench)
    return to_line(Entry(1, time, "id", bench.digest, Mode.ENFORCE, known.verdict.status, known, sketch))


def recording(file: Path, exchanges: Iterable[Exchange], config: str = CONFIG) -> Path:
    file.write_text("".join(line(exchange, config) for exchange in exchanges))
    return file


def configuration(file: Path, more: str = "") -> Path:
    file.write_text(CONFIG + more)
    return file
