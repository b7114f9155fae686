"""The frame of every page of the admin port: a head without anything from elsewhere, a way past the links, landmarks.

Pages need no script. Who is asked for one by a program answers with JSON instead.
"""

from collections.abc import Mapping

from aiohttp import web

from gateway.admin.html import Markup, joined, tag
from gateway.admin.replies import wants
from gateway.admin.style import STYLE

# Pages and endpoints worth a click, in the order in which people look for them.
LINKS: Mapping[str, str] = {
    "/": "Status",
    "/-/would-rewrite": "What enforce would change",
    "/conformance": "Conformance statement",
    "/-/exchanges": "Last exchanges",
    "/-/config": "Configuration",
    "/metrics": "Metrics",
    "/-/ready": "Readiness",
}

_SKIP = tag("a", "Skip to the content", href="#content", class_="skip")


def page(
    title: str,
    header: Markup,
    *content: object,
    footer: object = "",
    here: str = "",
    style: str = "",
    alone: bool = False,
) -> str:
    """A whole page. `header` begins with the only h1; `here` is the page's own path. A page that is
    `alone` is a file somewhere and has no links to the others."""
    head = Markup(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    )
    styles = Markup(f"<style>{STYLE}{style}</style>\n</head>\n")
    main = tag("main", *content, id="content", tabindex="-1")
    top = [tag("header", header)] if alone else [_SKIP, tag("header", header, _links(here))]
    body = tag("body", *top, main, tag("footer", footer))
    return joined([head, tag("title", title), Markup("\n"), styles, body, Markup("\n</html>\n")])


def _links(here: str) -> Markup:
    links = (
        tag("a", text, href=path, aria_current="page") if path == here else tag("a", text, href=path)
        for path, text in LINKS.items()
    )
    return tag("nav", tag("ul", *(tag("li", link) for link in links)), aria_label="Pages")


def html_reply(text: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(text=text, content_type="text/html", headers=headers)


def is_for_people(request: web.Request) -> bool:
    """Whether a browser asks: it names HTML, and a tool names nothing or JSON."""
    return wants(request, "text/html")
