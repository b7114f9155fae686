"""The status page as a reader sees it: its tables by their captions, and its words."""

import re
from html import unescape
from html.parser import HTMLParser

from gateway.admin.status_page import status_page
from gateway.admin.tables import ROWS
from tests.admin.process import Process

NOW = 1_767_232_800.0
VOID = {"meta"}


class Page(HTMLParser):
    """Tables by their caption, the text of the page, and whether every element that opens also closes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.tags: list[str] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self._caption, self._text = "", ""
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attributes if name in ("href", "src", "action")]
        if tag not in VOID:
            self._open.append(tag)
        if tag in ("caption", "td", "th"):
            self._text = ""
        if tag == "tr":
            self.tables[self._caption].append([])

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        text = self._text.replace("\u00a0", " ").strip()
        if tag == "caption":
            self._caption = text
            self.tables[text] = []
        elif tag in ("td", "th"):
            self.tables[self._caption][-1].append(text)

    def rows(self, caption: str) -> list[list[str]]:
        """The rows below the head."""
        [table] = [rows for name, rows in self.tables.items() if caption in name]
        return table[1:]


def written(process: Process) -> str:
    return status_page(process, process.counted.snapshot(), process.journal.failures(ROWS), NOW)


def page(process: Process) -> Page:
    return Page(written(process))


def words(process: Process) -> str:
    """The page without its style and tags."""
    body = written(process).split("</head>")[1]
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))
