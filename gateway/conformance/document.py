"""A printed page in its parts, before it is Markdown or HTML."""

from dataclasses import dataclass

# Several texts in one cell are lines of their own.
Cell = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """Below the title."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Banner:
    """What nobody may overlook."""

    text: str
    then: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Terms, each with what holds for it."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; `empty` stands in the place of rows where there are none."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = "None."


Block = Heading | Paragraph | Banner | Facts | Grid


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    blocks: tuple[Block, ...]
