"""The same report for programs."""

from collections.abc import Mapping
from typing import Any

from gateway.core.decision import UNCHANGED
from gateway.probe.findings import Deviation, Findings, Habit
from gateway.probe.report import Heading
from gateway.probe.shape import media_type, shape
from gateway.probe.survey import Exchange, Found


def report_json(heading: Heading, found: Found, findings: Findings) -> Mapping[str, Any]:
    """Plain data; keys are added, and none is ever given another meaning."""
    return {
        "url": heading.url,
        "version": heading.version,
        "date": heading.date,
        "requests": found.requests,
        "studies": found.studies,
        "ended_early": found.ended or None,
        "deviations": [_deviation(deviation) for deviation in findings.deviations],
        "habits": [_habit(habit) for habit in findings.habits],
        "declined": [{**_exchange(exchange), "check": exchange.check.id} for exchange in findings.declined],
        "good": list(findings.good),
        "not_asked": dict(found.skipped),
        "left_behind": list(found.left),
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    answer = exchange.answer
    return {
        "sent": {"method": exchange.ask.method, "target": exchange.ask.shown, "headers": dict(exchange.check.fields)},
        "came": {
            "status": answer.status or None,
            "failure": answer.failure.value if answer.failure else None,
            "media_type": media_type(answer) or None,
            "bytes": len(answer.content),
            "ending": answer.ending.value,
            "shape": shape(answer),
        },
    }


def _deviation(deviation: Deviation) -> dict[str, Any]:
    exchange, repair = deviation.first, deviation.repair
    return {
        "check": exchange.check.id,
        "what": exchange.check.what,
        **_exchange(exchange),
        "expected": {"status": list(exchange.check.statuses), "words": exchange.check.expected},
        "clause": exchange.check.clause,
        "problems": [{"id": p.id, "words": p.words, "clause": p.clause} for p in exchange.judgement.deviations],
        "study": exchange.number or None,
        "also_studies": list(deviation.others),
        "gateway": {
            "repaired": repair.complete,
            "status": repair.status,
            "rule": repair.rule if repair.rule != UNCHANGED else None,
            "pack": repair.pack or None,
            "own_rule": repair.of_rules and not repair.pack,
            "left": list(repair.judgement.ids),
            "words": deviation.gateway,
        },
    }


def _habit(habit: Habit) -> dict[str, Any]:
    return {
        "problem": habit.problem.id,
        "words": habit.problem.words,
        "clause": habit.problem.clause,
        "answers": habit.count,
        "repaired": habit.repaired,
        "such_as": str(habit.first.ask),
    }
