"""A document of the conformance statement as a page: on the admin port, or alone in a file that can be printed and sent."""

from functools import singledispatch

from gateway.admin.html import Markup, definitions, joined, table, tag
from gateway.admin.page import page
from gateway.conformance.document import Banner, Block, Cell, Document, Facts, Grid, Heading, Paragraph

PATH = "/conformance"

_STYLE = """
td ul { margin: 0; padding-left: 1.1rem; }
td li + li { margin-top: .15rem; }
.banner { border: 2px solid; border-radius: .6rem; padding: .7rem 1.25rem; }
.banner p { margin: 0; }
.banner .large { font-size: 2rem; line-height: 1.2; font-weight: 800; letter-spacing: .03em; }
@media print {
  :root { color-scheme: light; --page: #fff; --card: #fff; --ink: #000; --soft: #333; --line: #999; --link: #000; }
  nav, .skip, footer { display: none; }
  header, main { max-width: none; padding-inline: 0; }
  main { display: block; }
  body { font-size: 9pt; }
  .scroll { overflow: visible; }
  th, td { padding: .2rem .4rem; }
  thead { display: table-header-group; }
  tr { break-inside: auto; }
}
"""


def html(document: Document) -> str:
    """The page of a file."""
    return _page(document, alone=True)


def conformance_page(document: Document, note: object) -> str:
    """The page of the admin port."""
    return _page(document, alone=False, note=note)


def _page(document: Document, *, alone: bool, note: object = "") -> str:
    header = tag("div", tag("h1", document.title), class_="title")
    blocks = map(_markup, document.blocks)
    return page(
        f"{document.title} - pacs-gateway", header, *blocks, footer=note, here=PATH, style=_STYLE, alone=alone
    )  # fmt: skip


@singledispatch
def _markup(block: Block) -> Markup:
    raise TypeError(type(block).__name__)


@_markup.register
def _heading(block: Heading) -> Markup:
    return tag("h2", block.text)


@_markup.register
def _paragraph(block: Paragraph) -> Markup:
    return tag("p", block.text, class_="lead")


@_markup.register
def _banner(block: Banner) -> Markup:
    told = (tag("p", block.text, class_="large"), tag("p", block.then))
    return tag("section", *told, class_="banner warn", aria_label=block.text)


@_markup.register
def _facts(block: Facts) -> Markup:
    return definitions(block.pairs)


@_markup.register
def _grid(block: Grid) -> Markup:
    return table(block.caption, block.heads, [tuple(map(_cell, row)) for row in block.rows], block.empty)


def _cell(cell: Cell) -> object:
    if not isinstance(cell, tuple):
        return cell
    return joined([*cell]) if len(cell) < 2 else tag("ul", *(tag("li", line) for line in cell))
