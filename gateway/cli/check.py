"""`check`: find every mistake in a configuration, without running it."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from gateway.config.changes import changes
from gateway.config.expiry import remarks
from gateway.config.findings import ConfigErrors, Finding
from gateway.config.lint import lint
from gateway.config.load import load
from gateway.config.settings import Settings

EPILOG = """\
exit codes:
  0  the file is valid and every example of its rules holds, whether it differs from OLD or not
  1  findings: all of them are listed, each with file:line:column, the path and what to do
  2  a file could not be read

examples:
  pacs-gateway check gateway.yaml
  pacs-gateway check new.yaml --diff gateway.yaml && mv new.yaml gateway.yaml
      a gateway that runs with gateway.yaml reads it again by itself
"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Read a configuration, run the examples of its rules, and list every mistake at once.\n"
        "With --diff, also what it changes when a gateway that runs with another one reads it."
    )
    parser.epilog = EPILOG
    parser.add_argument("file", metavar="FILE", type=Path, help="the configuration (YAML)")
    parser.add_argument(
        "--diff", metavar="OLD", type=Path, help="the configuration to compare with, such as the one in force"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    file = options.file
    try:
        settings = load(file, os.environ)
        if findings := lint(settings):
            return _report(file, findings, 1)
        file = options.diff
        before = None if file is None else load(file, os.environ)
    except ConfigErrors as errors:
        return _report(file, errors.findings, 2 if errors.unreadable else 1)
    _print_valid(options.file, settings)
    for remark in remarks(settings, time.time()):
        print(f"note: {remark}")
    if before is not None:
        _print_differences(before, settings)
    return 0


def _print_valid(file: Path, settings: Settings) -> None:
    policy = settings.policy
    print(
        f"{file}: valid. {len(settings.upstreams)} upstream(s), {len(settings.routes)} route(s), "
        f"{len(policy.rules)} rule(s), {len(settings.examples)} example(s) that hold, "
        f"set {policy.documented.name}, mode {policy.mode.value}, hash {settings.digest}"
    )


def _print_differences(before: Settings, after: Settings) -> None:
    """As a reload would log them."""
    from gateway.reload import needs_restart  # and with it what a server needs

    differences = changes(before, after)
    print(f"a reload from {before.source} changes{':' if differences else ' nothing'}")
    for line in (*differences, *(f"note: {note}" for note in needs_restart(before, after))):
        print(f"  {line}")


def _report(file: Path, findings: Sequence[Finding], code: int) -> int:
    for finding in findings:
        print(finding, file=sys.stderr)
    print(f"{file}: {len(findings)} finding{'s' if len(findings) != 1 else ''}", file=sys.stderr)
    return code
