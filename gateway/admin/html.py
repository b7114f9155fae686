"""HTML for one page. Everything is escaped unless it is `Markup`, so forgetting shows as visible tags, never as a hole."""

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


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> Markup:
    """A table that can be scrolled sideways on a phone; one sentence where it would have no rows."""
    title = tag("caption", caption)
    if not rows:
        return _scrolling(caption, tag("table", title, tag("tr", tag("td", empty, class_="empty"))))
    head = tag(
        "tr", *(tag("th", text, scope="col", class_=_kind(cell)) for text, cell in zip(heads, rows[0], strict=True))
    )
    body = tag("tbody", *(tag("tr", *map(_cell, row)) for row in rows))
    return _scrolling(caption, tag("table", title, tag("thead", head), body))


def _scrolling(caption: str, content: Markup) -> Markup:
    # A region that scrolls must be reachable with the keyboard, and then it needs a name.
    return tag("div", content, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _kind(value: object) -> str:
    return "number" if isinstance(value, int) else "words"


def _cell(value: object) -> Markup:
    return tag("td", count(value) if isinstance(value, int) else value, class_=_kind(value))


def count(number: int) -> str:
    """A number with thin spaces between its thousands."""
    return f"{number:,}".replace(",", "\u2009")


def chip(text: str, kind: str) -> Markup:
    """A short word that stands out; `kind` is good, warn or bad."""
    return tag("span", text, class_=f"chip {kind}")


def definitions(pairs: Iterable[tuple[str, object]]) -> Markup:
    return tag("dl", *(tag("div", tag("dt", term), tag("dd", value)) for term, value in pairs))
