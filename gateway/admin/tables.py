"""The tables of the status page. Each is a pure function of the settings, the counts and the last failures."""

from gateway.admin.html import Markup, joined, table, tag
from gateway.admin.words import clock_time, code_name, what_happened, why
from gateway.config.settings import Settings
from gateway.core.decision import UNCHANGED
from gateway.core.policy import Mode
from gateway.telemetry.labels import INVALID, NONE, code_label
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.snapshot import Answered, Snapshot

ROWS = 20


def _code(code: str, nothing: str) -> Markup:
    """A status code, coloured by its class; `nothing` where there is none."""
    kind = code[0] if code.isdecimal() else "0"
    return tag("span", {NONE: nothing, INVALID: "not an HTTP status"}.get(code, code), class_=f"status c{kind}")


def _named(code: str, nothing: str) -> Markup:
    return joined([_code(code, nothing), "\u00a0", tag("span", code_name(code), class_="name")])


def answered(counts: Snapshot) -> Markup:
    """What was changed comes first: that is what an operator looks for."""
    rows = sorted(counts.answered, key=lambda row: not row.changed)
    return table(
        "What the archive said, and what clients got",
        ("Archive said", "Client got", "Decided by", "Exchanges"),
        [
            (_named(row.received, "no answer"), _named(row.sent, "nothing: it had left"), _decided_by(row), row.count)
            for row in rows[:ROWS]
        ],
        "No exchange yet. Send a request to the traffic port, and reload this page.",
    )


def _decided_by(row: Answered) -> Markup:
    if row.rule != UNCHANGED:
        return tag("code", row.rule)
    return tag("span", "unchanged" if row.received != NONE else "nobody", class_="same")


def would_rewrite(settings: Settings, counts: Snapshot) -> Markup:
    if not counts.would_rewrite and settings.policy.mode is not Mode.OBSERVE:
        return Markup("")
    return table(
        "What would have been changed by rules that only observe",
        ("Archive said", "Client would get", "By", "Exchanges"),
        [
            (_named(row.received, "no answer"), _named(row.sent, "the same"), _rule(row.rule, settings), row.count)
            for row in counts.would_rewrite[:ROWS]
        ],
        "Nothing so far.",
    )


def _rule(rule: str, settings: Settings) -> Markup:
    return joined([tag("code", rule), tag("span", why(rule, settings.policy), class_="below")])


def rules(settings: Settings, counts: Snapshot) -> Markup:
    return table(
        "Rules that decided most often",
        ("Rule", "Why", "Exchanges"),
        [(tag("code", rule), why(rule, settings.policy), count) for rule, count in counts.rules[:ROWS]],
        "No rule has decided anything yet.",
    )


def failures(records: tuple[ExchangeRecord, ...]) -> Markup:
    return table(
        "The last failures",
        ("Started (UTC)", "Transaction", "Archive said", "Client got", "What happened"),
        [_failure(record) for record in records],
        "None since the start.",
    )


def _failure(record: ExchangeRecord) -> tuple[object, ...]:
    return (
        tag("time", clock_time(record.started)),
        tag("code", record.transaction),
        _code(code_label(record.received), "no answer"),
        _code(code_label(record.status), "nothing"),
        joined([what_happened(record), tag("code", record.id, class_="below")]),
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
