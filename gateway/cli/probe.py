"""`probe`: ask an archive politely what it does, and write down what can be done about it."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gateway import __version__
from gateway.cli import probe_options
from gateway.cli.errors import UserError
from gateway.cli.output import write_file
from gateway.config.tls import Unusable
from gateway.core.failures import MEANINGS, FailureKind
from gateway.probe.configuration import Archive, Written, judged_by, shipped_policy, written
from gateway.probe.findings import findings
from gateway.probe.report import Heading, report
from gateway.probe.report_json import report_json
from gateway.probe.sender import Sender
from gateway.probe.survey import Exchange, Found, NobodyThere, Survey, Wishes
from gateway.probe.target import Target

INTERRUPTED = 130
STOPPED = "it was stopped by hand"

EPILOG = """\
The survey asks one request at a time, and only reads, unless --allow-store lets it store one synthetic image. It never
deletes. Identifiers that it learns from the archive are masked in the report, and contents are told by their shape, so
the report can be sent to the vendor.

exit codes:
  0    no deviation was found
  1    deviations were found
  2    the archive could not be asked, or an option makes no sense
  130  stopped with Ctrl-C; what was found until then is reported

examples:
  pacs-gateway probe http://pacs.local:8042/dicom-web
  pacs-gateway probe https://pacs.local/rs --wado /wado --header-file login.txt --rate 1/s
  pacs-gateway probe http://pacs.local:8042/dicom-web --write rules.yaml
  pacs-gateway check rules.yaml && pacs-gateway test rules.yaml
"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Ask an archive what clients ask, compare its answers with PS3.18 and RFC 9110, and say what the\n"
        "gateway would make of them."
    )
    parser.epilog = EPILOG
    add = parser.add_argument
    add(
        "url",
        metavar="URL",
        nargs="?",
        help="where its DICOMweb service begins, such as http://pacs.local:8042/dicom-web",
    )
    add("--study", metavar="UID", default="", help="ask about this study instead of those that a search finds")
    add("--studies", metavar="N", type=int, default=3, help="ask about so many studies (default %(default)s)")
    add(
        "--wado",
        metavar="PATH",
        default="",
        help="where its WADO-URI service is (default: /wado, if something is there)",
    )
    add("--rate", default="5/s", help="at most so many requests, such as 5/s or 30/m (default %(default)s)")
    add("--timeout", default="10s", help="how long to wait for an answer (default %(default)s)")
    add("--requests", metavar="MAX", type=int, default=300, help="at most so many in all (default %(default)s)")
    add(
        "--header",
        action="append",
        default=[],
        help="a header line to send with every request, such as a login; repeat it",
    )
    add("--header-file", metavar="FILE", type=Path, help="a file with header lines, which no list of processes shows")
    add(
        "--allow-store",
        action="store_true",
        help="also store one synthetic image, PROBE^PACS-GATEWAY, which stays there",
    )
    add("--write", metavar="FILE", type=Path, help="write a configuration that repairs what can be repaired")
    add("--force", action="store_true", help="let --write replace a file that is there")
    add("--json", action="store_true", help="report as JSON")
    add("--identifiers", action="store_true", help="do not mask the identifiers of the archive")
    add("--ca-file", metavar="FILE", type=Path, help="certificates to trust instead of those of the system")
    add("--insecure", action="store_true", help="do not verify the archive's certificate")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    target, wishes = probe_options.target(options), probe_options.wishes(options)
    _refuse_to_overwrite(options)
    found, date = Found(), datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    try:
        sender = Sender(
            probe_options.upstream(options, target), probe_options.pace(options), probe_options.headers(options)
        )
        asyncio.run(_survey(sender, target, wishes, found))
    except Unusable as error:
        raise UserError(str(error)) from None
    except NobodyThere as away:
        raise _nobody(target, away) from None
    except KeyboardInterrupt:
        found.ended = STOPPED
    _must_have_begun(target, found)
    return _tell(options, target, found, date)


async def _survey(sender: Sender, target: Target, wishes: Wishes, found: Found) -> None:
    async with sender:
        await Survey(sender, target, wishes, found, _progress(sender)).run()


def _progress(sender: Sender) -> Callable[[Exchange], None]:
    """One line that is written over and over, where somebody looks."""
    looks = sys.stderr.isatty()

    def notice(exchange: Exchange) -> None:
        if looks:
            print(f"\r{sender.sent} requests, {exchange.check.id:<30}", end="\r", file=sys.stderr, flush=True)

    return notice


def _tell(options: argparse.Namespace, target: Target, found: Found, date: str) -> int:
    result = _written(options, target, found, date) if options.write else None
    judged = result.judged if result else judged_by(shipped_policy(target.origin), found.exchanges)
    heading, known = Heading(target.url, __version__, date), findings(judged)
    words = ""
    try:  # first, since who reads the report may hang up (`| head`), and then the report in any case
        words = _save(options, result) if result else ""
    finally:
        if options.json:
            print(json.dumps(report_json(heading, found, known), indent=2))
        else:
            print("\n".join(report(heading, found, known)))
    if words:
        print(words, file=sys.stderr if options.json else sys.stdout)
    if found.ended == STOPPED:
        return INTERRUPTED
    return 1 if known.deviations else 0


def _written(options: argparse.Namespace, target: Target, found: Found, date: str) -> Written:
    tls = []
    if options.ca_file:
        tls.append(f"ca_file: {json.dumps(str(options.ca_file.resolve()))}")
    if options.insecure:
        tls.append("verify: false")
    lines = (f"tls: {{{', '.join(tls)}}}",) if tls else ()
    return written(Archive(target.origin, target.url, date, lines), found.exchanges)


def _save(options: argparse.Namespace, result: Written) -> str:
    """What was written, in words."""
    write_file(options.write, result.text.encode(), replace=options.force)
    rules = f"{len(result.rules)} rule{'s' if len(result.rules) != 1 else ''} of its own"
    return f"\nWrote {options.write}, with {rules}. Next: pacs-gateway check {options.write}"


def _refuse_to_overwrite(options: argparse.Namespace) -> None:
    """Before the first request: a survey in vain is one that the archive had to bear."""
    file: Path | None = options.write
    if file is None:
        return
    folder = file.absolute().parent
    if file.exists() and not options.force:
        raise UserError(f"{file} is there already; name another file, or replace it with --force")
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder, so {file.name} cannot be written there")
    if not os.access(file if file.exists() else folder, os.W_OK):
        raise UserError(f"{file} may not be written by this user")


# What the first search of all may be answered with, so that no survey comes about; and what to do then.
_NO_SURVEY = {
    400: "it takes that for a mistake; perhaps its DICOMweb service begins elsewhere, such as at /dicom-web",
    401: "it wants to know who asks; give a login with --header-file",
    403: "it refuses; perhaps it wants a login, which --header-file can give",
    429: "it has more to do than it can take; try again later",
    503: "it cannot answer now; try again later",
}


def _must_have_begun(target: Target, found: Found) -> None:
    """Where nothing can be asked, nothing was found either, and a report without deviations would be a lie."""
    answers = [exchange.answer for exchange in found.exchanges]
    if not answers:
        raise UserError("the survey was stopped before the first answer")
    status = answers[0].status
    if found.studies:
        return
    if status in (404, 405, 501):
        raise UserError(
            f"{target.url}/studies answered {status}, so no DICOMweb service begins at {target.url}; "
            "give the part of its address before /studies, such as http://pacs.local:8042/dicom-web"
        )
    if status in _NO_SURVEY:
        raise UserError(f"the archive answered the first search with {status}: {_NO_SURVEY[status]}")


def _nobody(target: Target, away: NobodyThere) -> UserError:
    sentence = MEANINGS[away.kind].sentence
    said = sentence[0].lower() + sentence[1:].rstrip(".")
    if away.kind is FailureKind.TLS_CERTIFICATE_ERROR:
        said += "; name those whom you trust with --ca-file, or do without proof with --insecure"
    return UserError(f"no connection to {target.origin}: {said}")
