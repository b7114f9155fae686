"""`check`: find every mistake in a configuration, without running it."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from gateway.config.findings import ConfigErrors, Finding
from gateway.config.lint import lint
from gateway.config.load import load

EPILOG = """\
exit codes:
  0  the file is valid and every example of its rules holds
  1  findings: all of them are listed, each with file:line:column, the path and what to do
  2  the file could not be read

example:
  pacs-gateway check gateway.yaml && kill -HUP $(pidof -x pacs-gateway)
"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = "Read a configuration, run the examples of its rules, and list every mistake at once."
    parser.epilog = EPILOG
    parser.add_argument("file", metavar="FILE", type=Path, help="the configuration (YAML)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        settings = load(options.file, os.environ)
    except ConfigErrors as errors:
        return _report(options.file, errors.findings, 2 if errors.unreadable else 1)
    if findings := lint(settings):
        return _report(options.file, findings, 1)
    policy = settings.policy
    print(
        f"{options.file}: valid. {len(settings.upstreams)} upstream(s), {len(settings.routes)} route(s), "
        f"{len(policy.rules)} rule(s), {len(settings.examples)} example(s) that hold, "
        f"set {policy.documented.name}, mode {policy.mode.value}, hash {settings.digest}"
    )
    return 0


def _report(file: Path, findings: Sequence[Finding], code: int) -> int:
    for finding in findings:
        print(finding, file=sys.stderr)
    print(f"{file}: {len(findings)} finding{'s' if len(findings) != 1 else ''}", file=sys.stderr)
    return code
