"""The status page as a reader sees it: its tables by their headings, and its words."""

import re
from html import unescape
from html.parser import HTMLParser

from gateway.admin.status_page import Shown, status_page
from gateway.admin.tables import EXCHANGES, FAILURES
from gateway.config.settings import Switches
from gateway.core.decision import Observed
from gateway.core.policy import Mode
from tests.admin.process import Process
from tests.telemetry.records import record, settings

NOW = 1_767_232_800.0
VOID = {"meta"}
SWITCHES = Switches("gateway.yaml:7", {"portal-login": "gateway.yaml:9"})


class Page(HTMLParser):
    """Tables by their heading, the text of the page, and whether every element that opens also closes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.tags: list[str] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self._heading, self._text = "", ""
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attributes if name in ("href", "src", "action")]
        if tag not in VOID:
            self._open.append(tag)
        if tag in ("h2", "td", "th"):
            self._text = ""
        if tag == "tr":
            self.tables.setdefault(self._heading, []).append([])

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        text = self._text.replace("\u00a0", " ").strip()
        if tag == "h2":
            self._heading = text
        elif tag in ("td", "th"):
            self.tables[self._heading][-1].append(text)

    def rows(self, heading: str) -> list[list[str]]:
        """The rows below the head."""
        [table] = [rows for name, rows in self.tables.items() if name.startswith(heading)]
        return table[1:]


def written(process: Process) -> str:
    recent, failures = process.journal.recent(EXCHANGES), process.journal.failures(FAILURES)
    return status_page(process, Shown(process.counted.snapshot(), recent, failures, NOW))


def page(process: Process) -> Page:
    return Page(written(process))


def words(process: Process) -> str:
    """The page without its style and tags."""
    body = written(process).split("</head>")[1]
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


def populated(mode: Mode = Mode.ENFORCE) -> Process:
    """With something in every part of the page, observing included."""
    process = Process(settings("dicomweb", "wado", mode=mode, switches=SWITCHES))
    process.saw(*(record(id=f"fine-{number}", started=NOW + number) for number in range(30)))
    process.saw(
        *(record(id=f"failed-{number}", started=NOW - number, received=None, status=503, rule="failure",
                 failure="connection_refused", transaction="studies.store") for number in range(3)),
        *(record(received=code, status=400, rule="fold", why="it is not documented") for code in range(402, 432)),
        record(received=302, status=401, rule="portal-login"),
        record(received=404, status=404, rule="error-body", transaction="studies.retrieve.metadata"),
        record(received=302, status=302, observed=(Observed("portal-login", 401), Observed("fold", 503))),
        record(status=None, received=None, failure="client_gone", ended="client_gone", transaction="other"),
    )  # fmt: skip
    process.counted.guard.heard_of("pacs", is_up=True)
    process.counted.guard.heard_of("vna", is_up=False)
    return process
