"""The conformance statement of the configuration in force, with what was counted beside it; and the vendor's letter.

A page for browsers, Markdown or JSON for whoever names them.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from gateway.admin.conformance_page import conformance_page
from gateway.admin.control import AdminControl
from gateway.admin.html import tag
from gateway.admin.page import html_reply
from gateway.admin.replies import json_reply, wants
from gateway.config.settings import Settings
from gateway.conformance.as_json import scoreboard_json, statement_json
from gateway.conformance.chapters import document
from gateway.conformance.counters import Counters, counters
from gateway.conformance.document import Document
from gateway.conformance.letter import letter
from gateway.conformance.markdown import markdown
from gateway.conformance.observed import observed
from gateway.conformance.scoreboard import scoreboard
from gateway.conformance.statement import statement

_LETTER = "scoreboard"  # ?scoreboard


@dataclass(frozen=True, slots=True)
class Told:
    """One content, to be written in several ways."""

    page: Document
    values: Mapping[str, object]
    other: tuple[str, str]  # the text and the address of what else there is


class Conformance:
    """The endpoint."""

    def __init__(self, control: AdminControl) -> None:
        self._control = control

    async def get(self, request: web.Request) -> web.Response:
        """Of twenty archives it is some sixty milliseconds of work, for which traffic does not wait."""
        metrics, settings = (await self._control.metrics()).decode(), self._control.settings
        tells = _letter if _LETTER in request.query else _statement
        return await asyncio.to_thread(lambda: _writer(request)(tells(settings, counters(metrics))))


def _letter(settings: Settings, counted: Counters) -> Told:
    board = scoreboard(settings, counted)
    return Told(letter(board), scoreboard_json(board), ("The conformance statement", "/conformance"))


def _statement(settings: Settings, counted: Counters) -> Told:
    said = statement(settings)
    joined = observed(said, counted)
    other = "How the archive keeps to the standard: a letter for its vendor", f"/conformance?{_LETTER}"
    return Told(document(said, joined), statement_json(said, joined), other)


def _as_page(told: Told) -> web.Response:
    text, address = told.other
    return html_reply(conformance_page(told.page, tag("p", tag("a", text, href=address))))


def _as_markdown(told: Told) -> web.Response:
    return web.Response(text=markdown(told.page), content_type="text/markdown")


def _as_text(told: Told) -> web.Response:
    return web.Response(text=markdown(told.page))


# In this order, as a browser names HTML among other types.
_WRITERS: Mapping[str, Callable[[Told], web.Response]] = {
    "text/html": _as_page,
    "application/json": lambda told: json_reply(told.values),
    "text/markdown": _as_markdown,
    "text/plain": _as_text,
}


def _writer(request: web.Request) -> Callable[[Told], web.Response]:
    """The page is for whoever names nothing of this."""
    return next((writer for media_type, writer in _WRITERS.items() if wants(request, media_type)), _as_page)
