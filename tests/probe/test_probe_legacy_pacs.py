"""A survey of the embedded legacy PACS finds every misbehaviour that it was built with, and the policy that it writes repairs
them in a running gateway: the same survey through it finds none but those that nobody can repair."""

import asyncio
from dataclasses import dataclass

import pytest

from gateway.config.load import load_text
from gateway.demo.legacy_pacs import LegacyPacs
from gateway.demo.misbehaviours import BY_ID
from gateway.probe.configuration import Written
from gateway.probe.survey import Exchange, Found, Wishes
from gateway.server import GatewayProcess
from tests.probe.surveying import configuration_of, deviating, survey, text_of

PATIENCE = 3.0  # with `no-answer`; twice, so as short as a busy machine lets it be
EVERYTHING = Wishes(studies=40, store=True, identifiers=True)


@dataclass(frozen=True)
class Trace:
    """How a misbehaviour shows: in which check, in a target with these words, by this status or failure, as this problem."""

    check: str
    words: str
    said: int | str
    problem: str


TRACES = {
    "front-proxy-502": Trace("search-patient", "BAD-GATEWAY", 502, "undocumented-code"),
    "gateway-timeout-504": Trace("search-patient", "SLOW-BACKEND", 504, "undocumented-code"),
    "unavailable-503": Trace("metadata", "2.25.503", 503, "no-retry-after"),
    "retry-after-soon": Trace("search-patient", "MAINTENANCE", 503, "bad-retry-after"),
    "quota-429": Trace("frame", "2.25.429", 429, "no-retry-after"),
    "disk-full-507": Trace("store-mismatch", "2.25.507", 507, "undocumented-code"),
    "bare-401": Trace("search-patient", "NO-CREDENTIALS", 401, "no-challenge"),
    "bare-405": Trace("unknown-method", "/studies", 405, "no-allow"),
    "login-redirect-302": Trace("search-patient", "SESSION-EXPIRED", 302, "undocumented-code"),
    "login-form-200": Trace("retrieve-study", "2.25.200", 200, "page"),
    "login-metadata-200": Trace("metadata", "2.25.200", 200, "page"),
    "range-416": Trace("range", "2.25.101", 416, "wrong-status"),
    "timeout-408": Trace("search-patient", "TIMEOUT-LAYER", 408, "undocumented-code"),
    "no-match-404": Trace("search-nobody", "NOBODY", 404, "wrong-status"),
    "vendor-599": Trace("search-patient", "VENDOR-CODE", 599, "undocumented-code"),
    "no-content-with-content": Trace("metadata", "2.25.204", 204, "content-in-204"),
    "cut-study": Trace("retrieve-study", "/studies/2.25.1", 200, "cut"),
    "endless-chunks": Trace("retrieve-study", "/studies/2.25.2", 200, "cut"),
    "closed-without-answer": Trace("search-patient", "HANG-UP", "connection_terminated", "connection_terminated"),
    "no-answer": Trace("search-patient", "NO-ANSWER", "http_response_timeout", "http_response_timeout"),
    "unknown-study-500": Trace("unknown-study", "/studies/2.25.", 500, "wrong-status"),
}

# What is left through the gateway, as it shows there, and why nobody but the archive can do more.
LEFT = {
    "range-416": (Trace("range", "2.25.101", 400, "wrong-status"), "the bytes, only the archive can send"),
    "no-content-with-content": (
        Trace("metadata", "2.25.204", 404, "wrong-status"), "there are no metadata, and now that is said",
    ),
    "cut-study": (Trace("retrieve-study", "/studies/2.25.1", 200, "cut"), "cut for the client as well, and visibly so"),
    "endless-chunks": (Trace("retrieve-study", "/studies/2.25.2", 200, "cut"), "the same"),
}  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """What was found at the archive, what was written, and what was found through a gateway that goes by it."""

    direct: Found
    configuration: Written
    through: Found


@pytest.fixture(scope="module")
def stage() -> Stage:
    return asyncio.run(_staged())


async def _staged() -> Stage:
    pacs = LegacyPacs()
    url = f"http://127.0.0.1:{await pacs.start('127.0.0.1', 0)}/dicom-web"
    direct = await survey(url, EVERYTHING, patience=PATIENCE)
    configuration = configuration_of(url, direct)
    async with GatewayProcess(load_text(_enforced(configuration.text), "rules.yaml", {})) as process:
        through = await survey(f"http://127.0.0.1:{process.port}/dicom-web", EVERYTHING, patience=4 * PATIENCE)
    await pacs.stop()
    return Stage(direct, configuration, through)


def _enforced(text: str) -> str:
    """The file at work, on free ports, with as little patience as the survey had."""
    (url,) = (line for line in text.splitlines() if line.startswith("    url: "))
    text = text.replace(url, f"{url}\n    timeouts: {{response: {PATIENCE:g}s}}").replace(
        "mode: observe", "mode: enforce"
    )
    return text + "server: {host: 127.0.0.1, port: 0}\nadmin: {host: 127.0.0.1, port: 0}\n"


def shows(exchange: Exchange, trace: Trace) -> bool:
    answer = exchange.answer
    said = answer.failure.value if answer.failure else answer.status
    named = trace.words in f"{exchange.ask.target} "
    return (exchange.check.id, said) == (trace.check, trace.said) and named and trace.problem in exchange.judgement.ids


def test_every_row_of_the_table_is_looked_for() -> None:
    assert TRACES.keys() == BY_ID.keys()
    assert LEFT.keys() < BY_ID.keys()


@pytest.mark.parametrize("row_id", TRACES)
def test_every_misbehaviour_is_found(stage: Stage, row_id: str) -> None:
    assert any(shows(exchange, TRACES[row_id]) for exchange in deviating(stage.direct))


def test_nothing_is_found_but_misbehaviours(stage: Stage) -> None:
    """The rest of the table's traces are those of the same rows in other checks."""
    known = {(trace.check, trace.said) for trace in TRACES.values()}
    known |= {(f"{kind}-{of}", 500) for kind in ("unknown", "malformed") for of in ("study", "metadata")}
    known |= {("unknown-frame", 500), ("unknown-rendered", 500), ("store-method", 405)}
    for exchange in deviating(stage.direct):
        said = exchange.answer.failure.value if exchange.answer.failure else exchange.answer.status
        assert (exchange.check.id, said) in known


def test_through_the_gateway_nothing_is_left_but_what_nobody_can_repair(stage: Stage) -> None:
    left = [trace for trace, _why in LEFT.values()]
    for exchange in deviating(stage.through):
        assert any(shows(exchange, trace) for trace in left), (str(exchange.ask), exchange.judgement.ids)
    for trace in left:
        assert any(shows(exchange, trace) for exchange in deviating(stage.through)), trace


def test_what_the_survey_promised_is_what_the_gateway_does(stage: Stage) -> None:
    """The judgement on paper and the one of the running gateway are the same, check by check."""
    promised = {
        (exchange.check.id, exchange.number, exchange.ask.shown.split("2.25.")[0]): repair.status
        for exchange, repair in stage.configuration.judged
        if exchange.judgement.deviations
    }
    kept = {
        (exchange.check.id, exchange.number, exchange.ask.shown.split("2.25.")[0]): exchange.answer.status
        for exchange in stage.through.exchanges
    }
    assert promised
    assert {key: kept[key] for key in promised} == promised


def test_the_configuration_needs_no_more_than_what_repairs(stage: Stage) -> None:
    text = stage.configuration.text
    assert "packs: [login-pages, error-texts]" in text
    assert "unauthorized_challenge" in text
    assert "mode: observe" in text
    assert not stage.configuration.rules


def test_the_report_says_how_much_the_gateway_repairs(stage: Stage) -> None:
    text = text_of("http://pacs/dicom-web", stage.direct)
    assert "studies. 26 deviations from PS3.18 and RFC 9110; the gateway repairs 23." in text
    assert "Left behind in the archive:\n  - one image of PROBE^PACS-GATEWAY, study 2.25." in text
