"""`serve`: run the gateway."""

import argparse
import os
import signal
from pathlib import Path
from typing import NoReturn

from gateway.cli.errors import UserError, from_config
from gateway.config.findings import ConfigErrors
from gateway.config.load import load, quick_start
from gateway.config.settings import Settings
from gateway.config.tls import Unusable
from gateway.heap import construction, keep
from gateway.loop import run as run_on_its_loop
from gateway.ports import CannotStart
from gateway.proxy.aiohttp_seam import UnsuitableAiohttp
from gateway.recordings.files import CannotRecord
from gateway.server import serve as serve_forever
from gateway.telemetry.access_log import setup_logging
from gateway.telemetry.redaction import redact_last_words
from gateway.workers.cores import how_many
from gateway.workers.supervisor import serve as serve_with

CONFIG_VARIABLE = "PACS_GATEWAY_CONFIG"

EPILOG = f"""\
examples:
  pacs-gateway serve --upstream http://pacs.local:8042
      everything at its default, no file needed; clients use http://THIS-HOST:8080 with the paths they used before
  pacs-gateway serve --config gateway.yaml
      the file decides; {CONFIG_VARIABLE} may name it instead of --config

a file that changes
  is read again by itself, about a second after the last write. A file with mistakes changes nothing: the log says why,
  and the configuration in force stays. What changed is in the log as well. --no-watch is for sites where the file is
  edited step by step where it stands, or where somebody decides at what moment a change takes effect.

signals:
  SIGHUP            read the file again, changed or not
  SIGTERM, SIGINT   stop accepting, let requests under way end (for up to server.drain), then exit 0;
                    a second one resets what is left and exits at once, with 143 or 130
  With server.workers they go to the process that was started; it sees to the others.
"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = "Run the gateway, from a configuration file or from a single upstream URL."
    parser.epilog = EPILOG
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--config", metavar="FILE", type=Path, help="the configuration (YAML)")
    source.add_argument("--upstream", metavar="URL", help="the PACS to stand in front of, without any file")
    parser.add_argument("--host", help="address to listen on (quick start only; default 0.0.0.0)")
    parser.add_argument("--port", type=int, help="port to listen on (quick start only; default 8080)")
    parser.add_argument("--admin-port", type=int, help="port for operators (quick start only; default 9090)")
    parser.add_argument(
        "--no-watch",
        action="store_true",
        help="when the file changes, wait until SIGHUP or POST /-/reload asks to read it again",
    )
    parser.set_defaults(run=run)


def _leave(number: int, _frame: object) -> NoReturn:
    """Until `serve_forever` hears signals. The first process of a container would otherwise not hear them at all."""
    raise SystemExit(128 + number)


def run(options: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, _leave)
    redact_last_words()  # before anything can fail: an error while a configuration is read may quote its secrets
    with construction():
        settings, source = read(options)
    keep()
    setup_logging(settings.logging)
    try:
        workers = how_many(settings.server.workers)
        if workers > 1:
            return serve_with(settings, source, workers, watch=not options.no_watch)
        return run_on_its_loop(serve_forever(settings, source, watch=not options.no_watch), settings)
    except (CannotStart, CannotRecord, UnsuitableAiohttp, Unusable) as error:
        raise UserError(str(error)) from None


def read(options: argparse.Namespace) -> tuple[Settings, Path | None]:
    """The settings that the options ask for, and the file they came from."""
    quick = {"host": options.host, "port": options.port, "admin_port": options.admin_port}
    given = {name: value for name, value in quick.items() if value is not None}
    try:
        if options.upstream:
            return quick_start(options.upstream, **given), None
        file = options.config or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
        if file is None:
            raise UserError("nothing to serve: give --config FILE or --upstream URL (try `pacs-gateway demo` first)")
        if given:
            flags = ", ".join("--" + name.replace("_", "-") for name in given)
            raise UserError(
                f"{flags}: only with --upstream; with a file, write it there (server.host, server.port, admin.port)"
            )
        return load(file, os.environ), file
    except ConfigErrors as errors:
        raise from_config(errors) from None
