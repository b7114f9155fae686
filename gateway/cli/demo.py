"""`demo`: the gateway in front of an embedded legacy PACS, with a short tour."""

import argparse
import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files

from gateway.cli.errors import UserError, from_config
from gateway.config.findings import ConfigErrors
from gateway.config.load import load
from gateway.demo.legacy_pacs import LegacyPacs
from gateway.demo.tour import tour
from gateway.ports import CannotStart
from gateway.server import GatewayProcess, serve
from gateway.telemetry.access_log import setup_logging

EPILOG = """\
What you see is real: a small DICOMweb server that serves synthetic studies and misbehaves as archives in the
field do, the gateway in front of it, and the same request sent to both. It stays up afterwards; Ctrl-C ends it.

examples:
  pacs-gateway demo
  pacs-gateway demo --once                  leave after the tour (for a quick look, or in CI)
  pacs-gateway demo --port 8081 --admin-port 9091
"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Start the gateway in front of an embedded legacy PACS and take a short tour of what it changes."
    )
    parser.epilog = EPILOG
    parser.add_argument("--port", type=int, default=8080, help="port of the gateway (default %(default)s)")
    parser.add_argument("--admin-port", type=int, default=9090, help="port for operators (default %(default)s)")
    parser.add_argument("--no-tour", action="store_true", help="only start; do not show the tour")
    parser.add_argument("--once", action="store_true", help="end after the tour")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        asyncio.run(_demo(options))
    except ConfigErrors as errors:
        raise from_config(errors) from None
    except CannotStart as error:
        raise UserError(f"{error}; choose others with --port and --admin-port") from None
    return 0


async def _demo(options: argparse.Namespace) -> None:
    pacs = LegacyPacs()
    pacs_url = f"http://127.0.0.1:{await pacs.start('127.0.0.1', 0)}"
    environ = {
        **os.environ,
        "LEGACY_PACS_URL": pacs_url,
        "GATEWAY_PORT": str(options.port),
        "ADMIN_PORT": str(options.admin_port),
    }
    try:
        with as_file(files("gateway.demo") / "demo.yaml") as file:
            settings = load(file, environ)
            setup_logging(settings.logging)

            async def show(process: GatewayProcess) -> None:
                gateway_url = f"http://127.0.0.1:{process.port}"
                if not options.no_tour:
                    with _quiet():
                        await tour(gateway_url, pacs_url, _write)
                _write(_farewell(gateway_url, f"http://127.0.0.1:{process.admin_port}", pacs_url))

            if options.once:
                async with GatewayProcess(settings, file) as process:
                    await show(process)
            else:
                await serve(settings, file, show)
    finally:
        await pacs.stop()


def _write(text: str) -> None:
    print(text, flush=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """The tour tells of each exchange in its own words; the access log would say it again between the lines."""
    access = logging.getLogger("pacs_gateway.access")
    access.disabled = True
    try:
        yield
    finally:
        access.disabled = False


def _farewell(gateway_url: str, admin_url: str, pacs_url: str) -> str:
    return f"""
The gateway is up:
  {gateway_url}/dicom-web/studies   the gateway: what a viewer should use
  {pacs_url}/                    the legacy PACS itself: its front page lists every misbehaviour
  {admin_url}/                    status page: what the archive said, what clients got
  {admin_url}/metrics             the same for Prometheus

Find out what it does wrong, as you would with your own:
  pacs-gateway probe {pacs_url}/dicom-web --studies 40

Put it in front of your own PACS:
  make run UPSTREAM=http://your-pacs:8042     or     pacs-gateway serve --upstream http://your-pacs:8042
"""
