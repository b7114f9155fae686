"""The pages that people read, and what is in them: blocks, words in code type, links, headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCED = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_INDENTED = re.compile(r"(?:(?<=\n\n)|\A)((?:    [^\n]*\n)+)")
_ANCHOR = re.compile(r'<a id="([^"]+)"></a>')
_LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """One block of code. `mark` is what stands behind the language: `yaml kubernetes`."""

    page: str
    number: int
    language: str
    mark: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.number}"


@dataclass(frozen=True)
class Page:
    """One file."""

    name: str
    text: str

    @property
    def blocks(self) -> list[Block]:
        return [Block(self.name, number, *parts) for number, parts in enumerate(self._blocks(), 1)]

    def _blocks(self) -> Iterator[tuple[str, str, str]]:
        for indent, info, text in _FENCED.findall(self.text):
            language, _, mark = info.partition(" ")
            yield language, mark, re.sub(f"^{indent}", "", text, flags=re.MULTILINE)
        for text in _INDENTED.findall(_FENCED.sub("", self.text)):
            yield "", "", re.sub(r"^    ", "", text, flags=re.MULTILINE)

    @cached_property
    def prose(self) -> str:
        """Without its fenced blocks."""
        return _FENCED.sub("", self.text)

    @property
    def code(self) -> list[str]:
        """Words in code type."""
        return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", self.prose)

    @property
    def links(self) -> list[str]:
        return _LINK.findall(self.prose)

    @cached_property
    def anchors(self) -> set[str]:
        """As GitHub makes them of headings, and those that are written."""
        headings = re.findall(r"^#+ (.*)$", self.prose, re.MULTILINE)
        return set(_ANCHOR.findall(self.text)) | set(map(_slug, headings))


def _slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")


def pages() -> list[Page]:
    files = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
    return [Page(str(file.relative_to(ROOT)), file.read_text("utf-8")) for file in files]
