"""`conformance`: which status codes this gateway sends and when, and what an archive has sent so far."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.admin.conformance_page import html
from gateway.cli.errors import UserError, from_config
from gateway.cli.output import write
from gateway.cli.running import Admin
from gateway.config.findings import ConfigErrors
from gateway.config.load import load, quick_start
from gateway.config.settings import AdminSettings, Settings
from gateway.conformance.as_json import scoreboard_json, statement_json
from gateway.conformance.chapters import document
from gateway.conformance.counters import Counters, NoCountersError, counters
from gateway.conformance.document import Document
from gateway.conformance.letter import letter
from gateway.conformance.markdown import markdown
from gateway.conformance.observed import Observed, observed, often
from gateway.conformance.scoreboard import scoreboard
from gateway.conformance.statement import statement

EPILOG = """\
Without CONFIG the statement is that of `serve --upstream`: every default, every pack.

--observed takes the address of the admin port of a running gateway (127.0.0.1:9090, or a URL), or a file in which its
/metrics was saved. Without a value it is the admin port of CONFIG. Without CONFIG the running gateway writes the statement
itself, about the configuration that it runs with.

exit codes:
  0  the statement was written, and with --observed every code that was sent is declared in it
  1  codes were sent that are not declared; they are listed. Or CONFIG has mistakes
  2  a file could not be read or written, or no gateway answered

examples:
  pacs-gateway conformance gateway.yaml > conformance.md
  pacs-gateway conformance gateway.yaml --format html --output conformance.html
  pacs-gateway conformance gateway.yaml --observed            declared and never sent, sent and not declared
  pacs-gateway conformance --scoreboard --observed 127.0.0.1:9090 > letter.md
                                                              how the archive keeps to the standard, for its vendor
"""

_TYPES = {"markdown": "text/markdown", "html": "text/html", "json": "application/json"}
_WRITERS: Mapping[str, Callable[[Document], str]] = {"markdown": markdown, "html": html}
_OWN_PORT = ""  # --observed without a value


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Write the DICOM conformance statement on HTTP status codes (PS3.2 N.7.3.3.1, Tables N.7-88 and N.7-89) for a\n"
        "configuration; or, with --scoreboard, how an archive has kept to the standard so far."
    )
    parser.epilog = EPILOG
    parser.add_argument("config", metavar="CONFIG", type=Path, nargs="?", help="the configuration (YAML)")
    parser.add_argument("--format", choices=_TYPES, default="markdown", help="how it is written (default %(default)s)")
    parser.add_argument("--output", metavar="FILE", type=Path, help="write to this file instead of standard output")
    parser.add_argument(
        "--observed", metavar="ADMIN", nargs="?", const=_OWN_PORT, help="join what a running gateway has counted"
    )
    parser.add_argument(
        "--scoreboard", action="store_true", help="the vendor's letter in place of the statement; needs --observed"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.scoreboard and options.observed is None:
        raise UserError("--scoreboard needs counts: add --observed HOST:PORT, the admin port of a running gateway")
    given = _load(options.config) if options.config else None
    admin = _address(options.observed, given.admin if given else AdminSettings())
    if given is None and admin is not None:
        text, undeclared = _told_by(admin, options)
    else:
        text, undeclared = _written(given or quick_start("http://pacs.example"), admin, options)
    write(text, options.output)
    if undeclared and not options.scoreboard:
        print(f"pacs-gateway: codes were sent that are not declared: {often(undeclared)}", file=sys.stderr)
        return 1
    return 0


def _load(config: Path) -> Settings:
    try:
        return load(config, os.environ)
    except ConfigErrors as errors:
        raise from_config(errors) from None


def _address(written: str | None, own: AdminSettings) -> Admin | None:
    """The admin port that is meant, None where counts come from a file or from nowhere."""
    if written is None or (written and Path(written).is_file()):
        return None
    if written == _OWN_PORT:
        host = "127.0.0.1" if own.host in ("0.0.0.0", "::") else own.host  # noqa: S104 - to compare with
        written = f"[{host}]:{own.port}" if ":" in host else f"{host}:{own.port}"
    found = Admin.named(written)
    if found is None:
        raise UserError(f"--observed {written}: is neither a file nor an address such as 127.0.0.1:9090")
    return found


def _told_by(admin: Admin, options: argparse.Namespace) -> tuple[str, Mapping[str, int]]:
    """As the running gateway writes it."""
    try:
        told = json.loads(admin.get("/conformance", "application/json"))
        undeclared: Mapping[str, int] = told["observed"]["undeclared"]
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{admin.authority}: is no admin port of a pacs-gateway that can write a statement") from None
    path = "/conformance?scoreboard" if options.scoreboard else "/conformance"
    return admin.get(path, _TYPES[options.format]), undeclared


def _written(settings: Settings, admin: Admin | None, options: argparse.Namespace) -> tuple[str, Mapping[str, int]]:
    """As it is for a configuration."""
    said, counted = statement(settings), _counters(options.observed, admin)
    if options.scoreboard and counted:
        board = scoreboard(settings, counted)
        return _as_text(letter(board), scoreboard_json(board), options.format), {}
    joined = observed(said, counted) if counted else None
    _warn(joined)
    undeclared = joined.undeclared if joined else {}
    return _as_text(document(said, joined), statement_json(said, joined), options.format), undeclared


def _counters(named: str | None, admin: Admin | None) -> Counters | None:
    if named is None:
        return None
    text = admin.get("/metrics", "text/plain") if admin else _read(Path(named))
    try:
        return counters(text)
    except NoCountersError as error:
        raise UserError(f"{admin.authority if admin else named}: {error}") from None


def _warn(joined: Observed | None) -> None:
    if joined and joined.is_of_another:
        print(
            "pacs-gateway: note: the counts are of a gateway that runs another configuration than the one given",
            file=sys.stderr,
        )


def _as_text(page: Document, values: Mapping[str, object], form: str) -> str:
    if form == "json":
        return json.dumps(values, indent=1, ensure_ascii=False) + "\n"
    return _WRITERS[form](page)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or "it is no text in UTF-8"
        raise UserError(f"{file}: cannot be read: {reason}") from None
