"""One of the last exchanges, explained: as a page for people, as JSON for programs. Both from the same value.

It holds nothing that could name a patient; `telemetry/recalled` sees to that, and here everything is escaped.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from gateway.admin.control import AdminControl
from gateway.admin.html import Markup, chip, definitions, joined, table, tag
from gateway.admin.page import html_reply, is_for_people, page
from gateway.admin.replies import json_reply, refusal
from gateway.admin.words import code, code_with_name
from gateway.core.explain import Explanation, from_json
from gateway.core.explain.explanation import Line, Step, Tried
from gateway.core.explain.telling import BODIES, BREAKER, SUSPICIONS, came, is_near, leaves, observing, rule

_GONE = (
    "No exchange with this id is known: the gateway remembers the last 200 that went well and the last 200 that failed, "
    "until it is restarted. GET /-/exchanges lists them."
)
_VERDICTS = {True: "good", False: "warn", None: "plain"}
_LOG = ("time", "route", "upstream", "method", "received", "status", "rule", "failure", "seconds", "ended")


class Explained:
    """The endpoint."""

    def __init__(self, control: AdminControl) -> None:
        self._control = control

    async def get(self, request: web.Request) -> web.Response:
        # A report names its exchange as a URI (RFC 9457 3.1.5), and people paste what they see.
        found = await self._control.explained(request.match_info["id"].removeprefix("urn:uuid:"))
        if found is None:
            return refusal(404, _GONE)
        # Both write a line a rule, and of those there may be a thousand.
        return await asyncio.to_thread(_page if is_for_people(request) else json_reply, found)


def _page(found: Mapping[str, Any]) -> web.Response:
    return html_reply(explained_page(found))


def explained_page(found: Mapping[str, Any]) -> str:
    exchange, told = found["exchange"], found["explanation"]
    title = "An exchange, explained"
    header = tag("div", tag("h1", title, " ", tag("small", exchange["id"])), class_="title")
    verdict = tag("p", chip("Today", _VERDICTS[found["same"]]), " ", found["verdict"])
    parts = _parts(from_json(told)) if told else ()
    return page(f"{title} - pacs-gateway", header, tag("section", verdict, class_="lead"), *parts, _as_logged(exchange))


def _parts(told: Explanation) -> tuple[Markup, ...]:
    said = " ".join(filter(None, (came(told.came), leaves(told), observing(told))))
    return (tag("p", said, class_="lead"), _facts(told), _steps(told), _rules(told), _lines(told), _notes(told))


def _facts(told: Explanation) -> Markup:
    asked, back = told.asked, told.retry_after
    facts = [
        ("Transaction", joined([asked.name, tag("code", asked.id, class_="below")])),
        ("Because", joined([asked.why, tag("span", asked.clause, class_="below")])),
        ("Content", f"{BODIES[told.body]}: {told.body_why}"),
        ("Retry-After", f"{back.value} ({back.source}: {back.why})" if back else "none"),
        ("Breaker", BREAKER[told.breaker]),
        ("Mode", told.mode),
    ]
    if told.suspicion:
        facts.append(("Looks wrong", SUSPICIONS.get(told.suspicion, told.suspicion)))
    return definitions(facts)


def _steps(told: Explanation) -> Markup:
    empty = "The code stands as it came: it is documented, and nothing speaks against it."
    return table("How the code came about", ("By", "From", "To", "Why"), [_step(step) for step in told.steps], empty)


def _step(step: Step) -> tuple[object, ...]:
    before = code_with_name(str(step.before)) if step.before is not None else "no answer"
    return tag("code", step.by), before, code_with_name(str(step.after)), _because(step.why, step.clause)


def _because(why: str, clause: str) -> Markup:
    return joined([why, tag("span", clause, class_="below")] if clause and clause not in why else [why])


def _rules(told: Explanation) -> Markup:
    near = [tried for tried in told.rules if is_near(tried)]
    far = [tried for tried in told.rules if not is_near(tried)]
    rows = [_rule(tried, told) for tried in near]
    empty = "None has a part in this."
    return joined(
        [table("Rules, in the order in which they decide", ("Rule", "What came of it"), rows, empty), _far(far, told)]
    )


def _rule(tried: Tried, told: Explanation) -> tuple[object, ...]:
    of = f"pack {tried.pack}" if tried.pack else tried.where
    return joined([tag("code", tried.id), tag("span", of, class_="below")]), rule(tried, told)


def _far(far: list[Tried], told: Explanation) -> Markup:
    """Folded away: most rules are about other exchanges."""
    if not far:
        return Markup("")
    title = tag("summary", f"{len(far)} more have no part in this")
    rows = [_rule(tried, told) for tried in far]
    return tag("details", title, table("Rules that have no part in this", ("Rule", "What came of it"), rows, ""))


def _lines(told: Explanation) -> Markup:
    heads = ("Field", "What", "Came", "Leaves", "Because")
    return table("Field lines that were changed", heads, [_line(line) for line in told.lines], "None.")


def _line(line: Line) -> tuple[object, ...]:
    values = [tag("code", "not told here" if value is None else value) for value in (line.before, line.after)]
    return tag("code", line.name), line.change, *values, joined([line.why, tag("span", line.clause, class_="below")])


def _notes(told: Explanation) -> Markup:
    said = (*told.missing, *told.notes)
    return tag("section", *(tag("p", note) for note in said), class_="card text", aria_label="What to keep in mind")


def _as_logged(exchange: Mapping[str, Any]) -> Markup:
    """How it was decided at the time, in the words of the log."""
    known = [(name, exchange[name]) for name in (*_LOG, "why") if exchange.get(name) not in (None, "")]
    told = [(name, code(str(value)) if name in ("received", "status") else str(value)) for name, value in known]
    return tag("section", tag("h2", "As it was decided then"), definitions(told), class_="card text")
