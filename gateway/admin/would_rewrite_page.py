"""What enforcing would change, as a page and as the part of it that the status page shows; JSON for programs."""

from aiohttp import web

from gateway.admin.control import AdminControl
from gateway.admin.html import Markup, count, joined, table, tag
from gateway.admin.page import html_reply, is_for_people, page
from gateway.admin.replies import json_reply
from gateway.admin.words import clock_time, code, code_with_name, transaction_words
from gateway.admin.would_rewrite import Change, Report, Step, as_json, report
from gateway.core.policy import Mode

PATH = "/-/would-rewrite"
TITLE = "What enforce would change"
TOP = 8  # of the changes, on the status page

_HEADS = ("Transaction", "Archive → client", "By", "Exchanges", "Share")
_NOTHING = "Nothing so far."
_DONE = "Done: in force since a reload, or its rule is no more."
_RELOAD = (
    "Save the file, and it is read again by itself; or ask for it with ",
    tag("code", "POST /-/reload"),
    " or SIGHUP.",
)


class WouldRewrite:
    """The endpoint."""

    def __init__(self, control: AdminControl) -> None:
        self._control = control

    async def get(self, request: web.Request) -> web.Response:
        found = report(self._control.settings, await self._control.counts(), self._control.started)
        return html_reply(would_rewrite_page(found)) if is_for_people(request) else json_reply(as_json(found))


def would_rewrite_page(found: Report) -> str:
    header = tag("div", tag("h1", TITLE), class_="title")
    told = tag("p", _summary(found), class_="lead")
    return page(f"{TITLE} - pacs-gateway", header, told, _how(found), changes(found), footer=_note(found), here=PATH)


def changes(found: Report, most: int | None = None) -> Markup:
    """The table; with `most` only its top, and where the rest is."""
    rest = tag("p", tag("a", f"All of it, and how to switch: {TITLE.lower()}", href=PATH), class_="note")
    switches = has_switches(found)
    heads = (*_HEADS, "To switch") if switches else _HEADS
    rows = [(*_row(one), *([_own(one, found)] if switches else [])) for one in found.changes[:most]]
    return table(TITLE, heads, rows, _NOTHING, rest if most else "")


def has_switches(found: Report) -> bool:
    """Whether single changes have something to say of their own; where the whole observes, one word is enough for most."""
    return found.mode is Mode.ENFORCE or any(one.steps != found.steps for one in found.changes)


def _row(one: Change) -> tuple[object, ...]:
    to = " otherwise changed" if one.same_code else joined([" → ", code_with_name(one.client_would_get)])
    by = joined([tag("code", one.rule), tag("span", one.why, class_="below")])
    name = joined([transaction_words(one.transaction), tag("code", one.transaction, class_="below")])
    return name, joined([code(one.archive_said, "no answer"), to]), by, one.count, percent(one.share)


def _own(one: Change, found: Report) -> Markup:
    if not one.steps:
        return tag("span", _DONE, class_="same")
    own = tuple(step for step in one.steps if step not in found.steps)
    return steps(own) if own else tag("span", "with the whole", class_="same")


def steps(wanted: tuple[Step, ...]) -> Markup:
    return joined(tag("span", _step(step), class_="step") for step in wanted)


def _step(step: Step) -> Markup:
    to = joined([" to ", tag("code", step.to)]) if step.to else ""
    return joined([tag("code", step.at), ": change " if step.to else ": remove ", tag("code", step.change), to])


def percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 or not share else "under 0.1%"


def _summary(found: Report) -> str:
    changes, exchanges = count(found.would_change), count(found.exchanges)
    if found.mode is Mode.OBSERVE:
        return (
            f"The gateway only observes. In {exchanges} exchanges since the start it would have made {changes} changes."
        )
    return f"The gateway enforces. In {exchanges} exchanges since the start, {changes} changes were noted and not made."


def _how(found: Report) -> Markup:
    if not found.steps and not any(one.steps for one in found.changes):
        return Markup("")
    whole = steps(found.steps) if found.steps else "Each rule that observes has its own switch; see the last column."
    return tag("section", tag("h2", "How to switch"), tag("p", whole), tag("p", *_RELOAD), class_="card text")


def _note(found: Report) -> Markup:
    told = (
        f"Counted since {clock_time(found.since)} UTC, when the gateway started. The share is of all exchanges of the"
        " transaction. An exchange that several rules note is counted for each of them."
    )
    listed = len(found.changes)
    rest = (
        f" Only the {listed} most frequent of {found.kinds} kinds of changes are listed."
        if found.kinds > listed
        else ""
    )
    return tag("p", told, rest)
