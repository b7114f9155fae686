"""Reports of our own: problem documents (RFC 9457) in the form the client accepts.

Constant sentences only. Nothing of the request, of the archive's words or of an exception goes in: each may name a
patient. The exchange id leads to the journal and the log, which know more.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType

from gateway.core.decision import Decision
from gateway.core.facts import RequestFacts
from gateway.core.failures import Sent
from gateway.core.retry_after import OWED
from gateway.dicomweb.media import parse_accept
from gateway.dicomweb.statuses import STATUS_CODES

ADVICE: Mapping[int, str] = MappingProxyType(
    {
        400: "Correct the request before repeating it.",
        401: "Authenticate as WWW-Authenticate says, then repeat the request.",
        403: "Ask for access; repeating the request will not help.",
        404: "Check the identifiers and the address.",
        405: "Use one of the methods that Allow lists.",
        406: "Ask for another media type or transfer syntax.",
        409: "See which instances failed, and send those again after correcting them.",
        413: "Send less at a time, or ask for less.",
        415: "Send the content in a media type that the service takes.",
        429: "Repeat the request after the time in Retry-After, and send fewer at a time.",
        500: "Tell the administrator; the instance number below leads to the log.",
        501: "Use another service: this one does not offer it.",
        503: "Repeat the request after the time in Retry-After.",
    }
)
_FORMS = ("application/problem+json", "application/json", "text/html", "text/plain")


@dataclass(frozen=True, slots=True)
class Problem:
    """A report ready to be sent."""

    media_type: str
    content: bytes


def problem(request: RequestFacts, decision: Decision, reason: str, retry_after: str, exchange_id: str) -> Problem:
    """The report on a decision, in the form `Accept` prefers; JSON where it names none of ours."""
    members = _members(decision, reason, retry_after, exchange_id)
    form = preferred_form(request.fields.combined("Accept"))
    if form == "text/html":
        return Problem("text/html; charset=utf-8", _html(members).encode())
    if form == "text/plain":
        return Problem("text/plain; charset=utf-8", _text(members).encode())
    return Problem("application/problem+json", json.dumps(members, indent=1).encode())


def preferred_form(accept: str) -> str:
    """The form of ours that `Accept` weighs highest; wildcards and everything else mean JSON."""
    ranges = [r for r in parse_accept(accept) if r.q > 0 and f"{r.type}/{r.subtype}" in _FORMS]
    best = max(ranges, key=lambda r: r.q, default=None)
    return f"{best.type}/{best.subtype}" if best else _FORMS[0]


def _members(decision: Decision, reason: str, retry_after: str, exchange_id: str) -> dict[str, object]:
    known = STATUS_CODES.get(decision.status)
    members: dict[str, object] = {
        "type": "about:blank",
        "title": reason or (known.name if known else "Error"),
        "status": decision.status,
        "detail": _detail(decision, known.meaning if known else ""),
        "instance": f"urn:uuid:{exchange_id}",
        "rule": decision.rule,
        "temporary": decision.retry is not None and decision.status in OWED,
    }
    if advice := _advice(decision):
        members["advice"] = advice
    if decision.received is not None:
        members["received-status"] = decision.received
    if decision.failure is not None:
        members["failure"] = decision.failure.kind.value
    if retry_after.isdecimal():
        members["retry-after"] = int(retry_after)
    return members


def _advice(decision: Decision) -> str:
    """What the client, or the person behind it, can do."""
    if decision.status == 500 and decision.failure is not None and decision.failure.sent is Sent.PERHAPS:
        return "Find out first whether the request was carried out: search for what it was to store or change."
    if decision.status == 503 and decision.retry is None:
        return "Do not repeat the request: the refusal is permanent."
    return ADVICE.get(decision.status, "")


def _detail(decision: Decision, meaning: str) -> str:
    """Why, in a sentence. Of an operator's rule only its meaning goes out: its `why` is written for colleagues."""
    if decision.failure is None:
        return meaning
    return decision.why if decision.rule == "failure" else decision.failure.meaning.sentence


def _html(members: dict[str, object]) -> str:
    title = f"{members['status']} {members['title']}"
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>"
        for name, value in members.items()
        if name not in ("type", "title", "status", "detail")
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<h1>{escape(title)}</h1><p>{escape(str(members['detail']))}</p><dl>{rows}</dl></html>\n"
    )


def _text(members: dict[str, object]) -> str:
    lines = [f"{members['status']} {members['title']}", str(members["detail"])]
    lines += [
        f"{name}: {value}" for name, value in members.items() if name not in ("type", "title", "status", "detail")
    ]
    return "\n".join(lines) + "\n"
