"""What the options of `probe` mean, and what is wrong with them: one line each, without anything that may be a secret."""

import argparse
from dataclasses import replace

from gateway.cli.errors import UserError, from_config
from gateway.config.findings import ConfigErrors, Wrong
from gateway.config.load import quick_start
from gateway.config.scalars import duration
from gateway.config.settings import Timeouts, Upstream, UpstreamTls
from gateway.config.vocabulary import FIELD_LINE
from gateway.dicomweb.identifiers import is_uid
from gateway.probe.pace import Pace, rate_of
from gateway.probe.survey import Wishes
from gateway.probe.target import Target, UnusableTarget, target_of

# What the checks are about, and what frames a message.
_OURS = ("accept", "connection", "content-length", "content-type", "host", "range", "transfer-encoding")


def target(options: argparse.Namespace) -> Target:
    if not options.url:
        raise UserError(
            "probe asks nobody unless you name somebody: give the URL of a DICOMweb service, "
            "such as http://pacs.local:8042/dicom-web"
        )
    try:
        return target_of(options.url, options.wado)
    except UnusableTarget as error:
        raise UserError(str(error)) from None


def wishes(options: argparse.Namespace) -> Wishes:
    if options.studies < 1 or options.requests < 1:
        raise UserError("--studies and --requests are numbers from 1 upwards")
    if options.study and not is_uid(options.study):
        raise UserError(f"--study {options.study}: that is no UID; it has digits and dots, and at most 64 of them")
    return Wishes(1 if options.study else options.studies, options.study, options.allow_store, options.identifiers)


def pace(options: argparse.Namespace) -> Pace:
    try:
        return Pace(rate_of(options.rate), options.requests)
    except ValueError as error:
        raise UserError(f"--rate: {error}") from None


def upstream(options: argparse.Namespace, target: Target) -> Upstream:
    try:
        patience = duration(options.timeout, least=0.1)
        upstream = quick_start(target.origin).upstreams["pacs"]
    except Wrong as wrong:
        raise UserError(f"--timeout {wrong}") from None
    except ConfigErrors as errors:
        raise from_config(errors) from None
    if target.origin.startswith("http:") and (options.ca_file or options.insecure):
        raise UserError("--ca-file and --insecure are about certificates, and an http URL has none; write https")
    tls = UpstreamTls(ca_file=options.ca_file, verify=not options.insecure)
    return replace(upstream, timeouts=Timeouts(patience, patience, patience), tls=tls)


def headers(options: argparse.Namespace) -> tuple[tuple[str, str], ...]:
    lines = list(options.header)
    if options.header_file:
        try:
            lines += options.header_file.read_text(encoding="ascii").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it holds more than ASCII"
            raise UserError(f"{options.header_file} cannot be read: {reason}") from None
    return tuple(_header(line) for line in lines if line.strip())


def _header(line: str) -> tuple[str, str]:
    """What is wrong with a line is said without it: it may hold a password."""
    match = FIELD_LINE.fullmatch(line)
    if match is None:
        raise UserError("a header line is a name, a colon and a value, such as `Authorization: Basic dXNlcjpwYXNz`")
    if match[1].lower() in _OURS:
        raise UserError(f"{match[1]} is for the survey to send; leave it out")
    return match[1], match[2]
