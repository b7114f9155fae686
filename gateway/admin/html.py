"""HTML for pages. Everything is escaped unless it is `Markup`, so forgetting shows as visible tags, never as a hole.

Tables turn into cards on a phone. A browser forgets that such an element is a table, so each one carries its role.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape


class Markup(str):
    """Text that is HTML already. Only this module and constants make it."""

    __slots__ = ()


def shown(value: object) -> Markup:
    """A value ready to stand in a page."""
    return value if isinstance(value, Markup) else Markup(escape(str(value)))


def tag(name: str, *content: object, **attributes: str) -> Markup:
    """An element. `class_` means class, `aria_label` means aria-label."""
    names = {key: key.rstrip("_").replace("_", "-") for key in attributes}
    given = "".join(f' {names[key]}="{escape(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{given}>{joined(content)}</{name}>")


def joined(parts: Iterable[object]) -> Markup:
    return Markup("".join(map(shown, parts)))


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]], empty: str, below: object = "") -> Markup:
    """A table under a heading; one sentence where it would have no rows. The first cell of a row names it. `below` is said
    once more about all of it."""
    if not rows:
        return card(title, tag("p", empty, class_="empty"))
    kinds = [_kind(cell) for cell in rows[0]]
    head = row(*(_head(text, kind) for text, kind in zip(heads, kinds, strict=True)))
    body = (row(_name(first), *map(_cell, heads[1:], cells)) for first, *cells in rows)
    parts = tag("thead", head, role="rowgroup"), tag("tbody", *body, role="rowgroup")
    return scrolling(title, "cards", *parts, below=below)


def card(title: str, *content: object) -> Markup:
    return tag("section", tag("h2", title, id=_id(title)), *content, class_="card")


def scrolling(title: str, kind: str, *parts: Markup, below: object = "") -> Markup:
    """A table that may be wider than its place. It must be reachable with the keyboard then, and so it needs a name."""
    content = tag("table", *parts, class_=kind, role="table", aria_labelledby=_id(title))
    region = tag("div", content, class_="scroll", tabindex="0", role="region", aria_labelledby=_id(title))
    return card(title, region, below)


def _id(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower())


def row(*cells: Markup) -> Markup:
    return tag("tr", *cells, role="row")


def _kind(value: object) -> str:
    return "number" if isinstance(value, int) else "words"


def _head(text: str, kind: str) -> Markup:
    return tag("th", text, scope="col", role="columnheader", class_=kind)


def _name(value: object) -> Markup:
    return tag("th", value, scope="row", role="rowheader")


def _cell(head: str, value: object) -> Markup:
    text = count(value) if isinstance(value, int) else value
    return tag("td", tag("div", text), role="cell", class_=_kind(value), data_head=head)


def count(number: int) -> str:
    """A number with thin spaces between its thousands."""
    return f"{number:,}".replace(",", "\u2009")


def chip(text: str, kind: str) -> Markup:
    """A short word that stands out; `kind` is good, warn or bad."""
    return tag("span", text, class_=f"chip {kind}")


def definitions(pairs: Iterable[tuple[str, object]]) -> Markup:
    return tag("dl", *(tag("div", tag("dt", term), tag("dd", value)) for term, value in pairs))
