"""The command lines of the pages: what a reader would type into a terminal."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from tests.documents.markdown import Page

# What a shell reads and the command does not.
_OPERATORS = ("|", "||", "&&", ";", ">", ">>", "<", "&", "2>")
_IMAGE = re.compile(r"(?:[\w.-]+/)*pacs-gateway(?::[\w.-]+)?")
_SHELLS = ("sh", "bash", "console", "")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, without comments and without what a shell makes of the rest of the line."""

    page: str
    words: tuple[str, ...]

    @property
    def program(self) -> str:
        return self.words[0]

    def __str__(self) -> str:
        return f"{self.page}: {' '.join(self.words)[:60]}"


def commands(page: Page, program: str) -> Iterator[Command]:
    """Those of the page that start `program`, each once."""
    found = {words: Command(page.name, words) for line in _lines(page) for words in _simple(line)}
    yield from (command for command in found.values() if command.program == program)


def _lines(page: Page) -> Iterator[str]:
    for block in page.blocks:
        if block.language in _SHELLS:
            joined = block.text.replace("\\\n", " ")
            typed = re.findall(r"^\$ (.*)$", joined, re.MULTILINE)
            yield from typed or (joined.splitlines() if block.language != "console" else ())


def _simple(line: str) -> Iterator[tuple[str, ...]]:
    """The simple commands of a line; none if it is no command line."""
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:  # a quotation mark of prose
        return
    simple: list[str] = []
    for word in words:
        if word in _OPERATORS:
            yield from _whole(simple)
            simple = ["<file>"] if word in (">", ">>", "<", "2>") else []
        else:
            simple.append(word)
    yield from _whole(simple)


def _whole(words: list[str]) -> Iterator[tuple[str, ...]]:
    """Without variables in front of it and without a `sudo`; the name of a file behind a `>` is none."""
    while words and (re.match(r"^[A-Z_]+=", words[0]) or words[0] == "sudo"):
        words = words[1:]
    if words and words[0] != "<file>":
        yield (words[0].rsplit("/", 1)[-1], *words[1:])


def in_containers(page: Page) -> Iterator[Command]:
    """What a container of our image is told to do: the words behind the name of the image."""
    for program in ("docker", "podman"):
        for command in commands(page, program):
            image = next((n for n, word in enumerate(command.words) if _IMAGE.fullmatch(word)), None)
            if command.words[1] == "run" and image is not None and command.words[image + 1 :]:
                yield Command(page.name, ("pacs-gateway", *command.words[image + 1 :]))
