"""No log line repeats what a library says about a request: its words quote request lines, and those name patients."""

import asyncio
import io
import json
import logging

import pytest
from aiohttp import web

from gateway.config.settings import LoggingSettings
from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.journal import Journal
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.redaction import JsonMessages, TextMessages, described, redacting_exception_handler
from gateway.telemetry.telemetry import Telemetry
from tests.support.logs import captured_logs
from tests.telemetry.records import record, settings

CANARY = "DOE^JOHN"


def broken(text: str) -> ValueError:
    """An error that was raised, so that it has a traceback."""
    try:
        raise ValueError(text)
    except ValueError as error:
        return error


def lines(stream: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("name", ["aiohttp.server", "aiohttp.web", "aiohttp.client", "asyncio", "pacs_gateway.http"])
def test_a_line_of_a_library_keeps_its_logger_and_the_error_but_no_words(name: str) -> None:
    """Also on a logger of ours that was lent to a library: what counts is who speaks."""
    with captured_logs() as stream:
        logging.getLogger(name).error("cannot read %s", f"GET /studies?PatientName={CANARY}", exc_info=broken(CANARY))
    [line] = lines(stream)
    assert CANARY not in stream.getvalue()
    assert line["logger"] == name
    assert line["error"].startswith("ValueError at telemetry/test_redaction.py:")
    assert "test_redaction.py" in line["place"]


def test_an_error_among_the_arguments_is_named_by_its_class() -> None:
    with captured_logs() as stream:
        logging.getLogger("aiohttp.server").error("failed: %s", broken(CANARY))
    assert lines(stream)[0]["error"].startswith("ValueError")
    assert CANARY not in stream.getvalue()


def test_a_line_that_cannot_be_formatted_says_nothing_either(capfd: pytest.CaptureFixture[str]) -> None:
    """The default of `logging` prints message and arguments to standard error when formatting fails."""
    with captured_logs() as stream:
        logging.getLogger("aiohttp.server").error("too few places", CANARY)  # noqa: PLE1205 - the mistake is the test
    assert CANARY not in stream.getvalue()
    assert CANARY not in "".join(capfd.readouterr())


async def test_a_handler_that_fails_in_aiohttp_leaves_no_name_in_the_log() -> None:
    """The real thing: aiohttp's own server, an error that quotes the request, a client that sees it fail."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        raise ValueError(f"no such patient: {request.rel_url}")

    with captured_logs() as stream:
        server = web.Server(handler, access_log=None)
        runner = web.ServerRunner(server)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            port = runner.addresses[0][1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET /studies?PatientName={CANARY} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            assert b" 500 " in await reader.readline()
            writer.close()
        finally:
            await runner.cleanup()
    assert lines(stream)[0]["error"].startswith("ValueError at ")
    assert CANARY not in stream.getvalue()


async def test_the_event_loop_names_the_class_and_the_place_only() -> None:
    """asyncio's default handler prints callbacks with their arguments, and tracebacks with their words."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def callback(_patient: str) -> None:
        loop.call_soon(done.set_result, None)
        raise ValueError(CANARY)

    before = loop.get_exception_handler()
    loop.set_exception_handler(redacting_exception_handler)
    try:
        with captured_logs() as stream:
            loop.call_soon(callback, CANARY)
            await done
    finally:
        loop.set_exception_handler(before)
    [line] = lines(stream)
    assert line["message"].startswith("Something failed in the event loop: ValueError at telemetry/test_redaction.py:")
    assert CANARY not in stream.getvalue()


async def test_a_context_without_an_exception_is_told_without_its_message() -> None:
    with captured_logs() as stream:
        redacting_exception_handler(asyncio.get_running_loop(), {"message": CANARY})
    assert lines(stream)[0]["message"] == "Something failed in the event loop: no exception was named"


def test_a_failure_of_our_own_is_told_by_class_and_place() -> None:
    telemetry = Telemetry(Metrics(settings(), 0.0), Journal(), AccessLog(LoggingSettings()))
    with captured_logs() as stream:
        telemetry.bug(broken(CANARY))
    [line] = lines(stream)
    assert line["level"] == "error"
    assert line["message"].startswith("The gateway itself failed: ValueError at telemetry/test_redaction.py:")
    assert CANARY not in stream.getvalue()


def test_the_innermost_place_comes_first_and_the_list_is_short() -> None:
    def deep(left: int) -> None:
        if left:
            deep(left - 1)
        raise KeyError(CANARY)

    with pytest.raises(KeyError) as caught:
        deep(20)
    text = described(caught.value)
    assert text.startswith("KeyError at telemetry/test_redaction.py:")
    assert text.count("test_redaction.py") == 4
    assert described(KeyError(CANARY)) == "KeyError"


def test_text_lines_are_redacted_as_json_lines_are() -> None:
    line = logging.LogRecord(
        "aiohttp.server",
        logging.ERROR,
        "/lib/aiohttp/web_protocol.py",
        441,
        CANARY,
        (),
        (ValueError, broken(CANARY), None),
    )
    text, structured = TextMessages().format(line), JsonMessages().format(line)
    assert CANARY not in text + structured
    assert "aiohttp.server" in text
    assert "aiohttp/web_protocol.py:441" in text
    assert "ValueError" in text


def test_libraries_speak_from_warning_on_whatever_our_level() -> None:
    """At debug, aiohttp and asyncio would fill the log with lines that say nothing."""
    with captured_logs() as stream:
        logging.getLogger("asyncio").info("using a selector")
    assert stream.getvalue() == ""


def test_one_report_reaches_metrics_journal_and_access_log() -> None:
    telemetry = Telemetry(Metrics(settings(), 0.0), Journal(), AccessLog(LoggingSettings()))
    with captured_logs() as stream:
        telemetry.record(record(), f"/studies?PatientName={CANARY}")
    assert telemetry.metrics.snapshot().exchanges == 1
    assert telemetry.journal.recent(1) == (record(),)
    assert lines(stream)[0]["id"] == record().id
    assert CANARY not in stream.getvalue()
