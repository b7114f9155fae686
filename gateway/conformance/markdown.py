"""A document as Markdown, with tables as GitHub writes them."""

import re
from collections.abc import Iterator
from functools import singledispatch

from gateway.conformance.document import Banner, Block, Cell, Document, Facts, Grid, Heading, Paragraph

# What would be markup; an underscore within a word is none.
_MARKUP = re.compile(r"[\\`*<\[\]|]|(?<![^\W_])_|_(?![^\W_])")


def markdown(document: Document) -> str:
    parts = [f"# {_text(document.title)}", *("\n".join(_lines(block)) for block in document.blocks)]
    return "\n\n".join(parts) + "\n"


def _text(text: str) -> str:
    return _MARKUP.sub(lambda found: f"\\{found[0]}", text.replace("\n", " "))


@singledispatch
def _lines(block: Block) -> Iterator[str]:
    raise TypeError(type(block).__name__)


@_lines.register
def _heading(block: Heading) -> Iterator[str]:
    yield f"## {_text(block.text)}"


@_lines.register
def _paragraph(block: Paragraph) -> Iterator[str]:
    yield _text(block.text)


@_lines.register
def _banner(block: Banner) -> Iterator[str]:
    yield f"> **{_text(block.text)}**"
    yield f"> {_text(block.then)}"


@_lines.register
def _facts(block: Facts) -> Iterator[str]:
    for term, value in block.pairs:
        yield f"- {_text(term)}: {_text(value)}"


@_lines.register
def _grid(block: Grid) -> Iterator[str]:
    yield f"**{_text(block.caption)}**"
    yield ""
    if not block.rows:
        yield _text(block.empty)
        return
    yield _row([_text(head) for head in block.heads])
    yield _row(["---:" if isinstance(cell, int) else "---" for cell in block.rows[0]])
    for row in block.rows:
        yield _row([_cell(cell) for cell in row])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    return "<br>".join(map(_text, cell)) if isinstance(cell, tuple) else _text(str(cell))
