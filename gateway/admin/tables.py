"""The tables of the status page below its matrix. Each is a pure function of settings, counts and the last exchanges."""

from collections.abc import Iterable

from gateway.admin.html import Markup, joined, table, tag
from gateway.admin.words import clock_time, code, transaction_words, what_happened
from gateway.config.settings import Settings
from gateway.core.decision import UNCHANGED
from gateway.core.verdicts import whys
from gateway.telemetry.labels import code_label
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.snapshot import Snapshot

FAILURES = 12
EXCHANGES = 8
ROWS = 12


def failures(records: Iterable[ExchangeRecord]) -> Markup:
    """They outlive successes: a failure of the morning is still here when thousands of searches went well since."""
    heads = ("Started (UTC)", "Transaction", "Archive → client", "What happened")
    rows = [(*_exchange(record), what_happened(record)) for record in records]
    return table("The last failures", heads, rows, "None since the start.")


def exchanges(records: Iterable[ExchangeRecord]) -> Markup:
    heads = ("Started (UTC)", "Transaction", "Archive → client", "Decided by", "Took")
    rows = [(*_exchange(record), _rule(record.rule), f"{record.seconds:.3f} s") for record in records]
    return table("The last exchanges", heads, rows, "No exchange yet.")


def _exchange(record: ExchangeRecord) -> tuple[object, ...]:
    name = joined([transaction_words(record.transaction), tag("code", record.transaction, class_="below")])
    return _link(record), name, _codes(record)


def _codes(record: ExchangeRecord) -> Markup:
    said, got = code(code_label(record.received), "no answer"), code(code_label(record.status), "nothing")
    return tag("span", said, " → ", got, class_="codes")


def _link(record: ExchangeRecord) -> Markup:
    """To its explanation. The id is made by the gateway; one of an odd form is only shown."""
    told = tag("time", clock_time(record.started))
    where = tag("code", record.id, class_="below")
    if not record.id.replace("-", "").isalnum():
        return joined([told, where])
    return joined([tag("a", told, tag("span", " explain", class_="unseen"), href=f"/-/exchanges/{record.id}"), where])


def _rule(rule: str) -> Markup:
    return tag("code", rule) if rule != UNCHANGED else tag("span", "unchanged", class_="same")


def rules(settings: Settings, counts: Snapshot) -> Markup:
    why = whys(settings.policy)
    return table(
        "Rules that decided most often",
        ("Rule", "Why", "Exchanges"),
        [(tag("code", rule), why(rule), count) for rule, count in counts.rules[:ROWS]],
        "No rule has decided anything yet.",
    )


def routes(settings: Settings) -> Markup:
    return table(
        "Routes",
        ("Route", "Path begins with", "Upstream", "Service"),
        [
            (tag("code", route.id), tag("code", route.prefix), tag("code", route.upstream), route.service)
            for route in settings.routes
        ],
        "None.",
    )
