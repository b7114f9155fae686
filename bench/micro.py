"""What the steps of one request cost by themselves: nanoseconds a call, the best of several attempts.

The best, because a step that is pure can only be made slower by its surroundings. No socket is opened.

    python -m bench.micro [--json FILE]
"""

import argparse
import json
import timeit
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

from bench.contents import Content, contents
from bench.machine import machine
from bench.tables import Table, duration, markdown
from gateway.config.load import quick_start
from gateway.config.settings import Settings
from gateway.core.facts import Outcome, RequestFacts, Response, classified
from gateway.core.failures import Failure, FailureKind
from gateway.core.fields import Fields
from gateway.core.normalise import normalise
from gateway.core.reply import Moment, compose
from gateway.core.request import RequestLine, examine
from gateway.dicomweb.classify import classify
from gateway.telemetry.access_log import AccessLog, setup_logging
from gateway.telemetry.exchange_ids import new_id
from gateway.telemetry.journal import Journal
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.telemetry import Telemetry

Step = Callable[[], object]
_ORIGIN = "http://127.0.0.1:8042"
_ATTEMPTS = 7


def raw_request(content: Content) -> list[tuple[bytes, bytes]]:
    """The fields that a viewer in a browser sends."""
    fields = {
        "Host": "gateway.example:8080",
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36",
        "Accept": content.accept,
        "Accept-Encoding": "gzip, deflate",
        "Accept-Language": "en-GB,en;q=0.9",
        "Authorization": "Bearer " + "x" * 400,
        "Connection": "keep-alive",
        "Referer": "http://viewer.example/",
    }
    return [(name.encode(), value.encode()) for name, value in fields.items()]


def asked(content: Content) -> RequestFacts:
    fields = Fields.from_raw(raw_request(content))
    known = classified("GET", content.target, fields)
    return RequestFacts("GET", content.target, fields, known, "dicomweb", "pacs", "http://gateway.example:8080")


def answered(content: Content, peek: int) -> Response:
    """A good answer, as the archive of the benchmark gives it, with as much of its content as would be held."""
    fields = Fields(
        [
            ("Server", "nginx"),
            ("Date", "Wed, 14 Jan 2026 10:15:00 GMT"),
            ("Content-Type", content.media_type),
            ("Content-Length", str(len(content.body))),
            ("Last-Modified", "Wed, 14 Jan 2026 10:15:00 GMT"),
            ("Connection", "keep-alive"),
            ("ETag", '"65a3b2c1-800"'),
            ("Accept-Ranges", "bytes"),
        ]
    )
    return Response(200, fields, content.body[:peek], whole=len(content.body) <= peek, reason="OK")


def steps(settings: Settings) -> Iterator[tuple[str, Step]]:
    """Every step by its name, ready to be called."""
    policy, limits = settings.policy, settings.server.limits
    small, middling, large = contents()
    raw = raw_request(small)
    line = RequestLine("GET", small.target, (1, 1), Fields.from_raw(raw))
    yield "read the fields of a request", partial(Fields.from_raw, raw)
    yield "examine a request", partial(examine, line, limits.target, limits.headers)
    for content in (small, middling, large):
        yield f"classify: {content.name}", partial(classify, "GET", content.target, accept=content.accept)
    outcomes = {content.name: (asked(content), answered(content, policy.peek)) for content in (small, middling, large)}
    for name, (facts, answer) in outcomes.items():
        yield f"normalise: {name}", partial(normalise, facts, answer, policy)
    for name, outcome in troubles().items():
        yield f"normalise: {name}", partial(normalise, asked(small), outcome, policy)
    facts, answer = outcomes[small.name]
    yield f"compose: {small.name}", composing(facts, answer, settings)
    yield "compose: a failure", composing(facts, Failure(FailureKind.CONNECTION_REFUSED), settings)
    yield "telemetry: id, record, metrics, journal, access log", recording(settings)


def troubles() -> dict[str, Outcome]:
    """What is seldom, and may cost more."""
    html = Fields([("Content-Type", "text/html")])
    return {
        "a 502 with a page": Response(502, html, b"<html><h1>502 Bad Gateway</h1></html>", whole=True),
        "a login page for a result": Response(200, html, b'<form><input type="password"></form>', whole=True),
        "a refused connection": Failure(FailureKind.CONNECTION_REFUSED),
    }


def composing(facts: RequestFacts, outcome: Outcome, settings: Settings) -> Step:
    decision = normalise(facts, outcome, settings.policy)
    moment = Moment(1_768_000_000.0, "Wed, 14 Jan 2026 10:15:00 GMT", 0.5, "0b1e")
    return partial(compose, decision, facts, outcome, settings.policy, moment, _ORIGIN)


def recording(settings: Settings) -> Step:
    """All that is told of a usual exchange. Without an event loop each line of the access log is a write of its own."""
    telemetry = Telemetry(Metrics(settings, 0.0), Journal(), AccessLog(settings.logging))
    route = settings.routes[0]

    def record() -> None:
        told = ExchangeRecord(
            id=new_id(), started=1_768_000_000.0, route=route.id, upstream=route.upstream, transaction="studies.search",
            method="GET", status=200, received=200, rule="-", why="", failure="", seconds=0.0041234,
            upstream_seconds=0.0031234, bytes_in=0, bytes_out=2048, retry_source=None, retry_seconds=0.0,
            ended="complete", attempts=1, uninspected="", observed=(), suspicion="",
        )  # fmt: skip
        telemetry.record(told, "/dicom-web/studies?limit=2")

    return record


def best(step: Step, attempts: int = _ATTEMPTS) -> float:
    """Seconds a call."""
    timer = timeit.Timer(step)
    loops, _ = timer.autorange()
    return min(timer.repeat(attempts, loops)) / loops


def table(attempts: int = _ATTEMPTS) -> Table:
    settings = quick_start(_ORIGIN)
    with TemporaryFile("w") as lines:
        setup_logging(settings.logging, lines)
        rows = tuple((name, duration(best(step, attempts))) for name, step in steps(settings))
    return Table(
        "Steps of one request", ("step", "time"), rows, f"All packs, the best of {attempts} attempts, one thread."
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.micro", description="What the steps of one request cost.")
    parser.add_argument("--json", type=Path, help="where to write the result for bench.report")
    options = parser.parse_args()
    found = table()
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({"machine": machine(), "tables": [found.plain()]}, indent=1))
    print(markdown(found))


if __name__ == "__main__":
    main()
