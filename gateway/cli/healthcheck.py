"""`healthcheck`: ask a running gateway whether it is ready; for a container's HEALTHCHECK, where no shell or curl is."""

import argparse
import http.client
import math
from contextlib import closing

from gateway.cli.errors import UserError, reason_of

EPILOG = """\
exit codes:
  0  ready          1  not ready, or not there          2  an option makes no sense

The gateway is ready while it can answer, also when the PACS behind it cannot: it must stay to say 503.
"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = "Ask the admin port of a running gateway whether it is ready to serve."
    parser.epilog = EPILOG
    parser.add_argument("--host", default="127.0.0.1", help="address of the admin port (default %(default)s)")
    parser.add_argument("--port", type=int, default=9090, help="the admin port (default %(default)s)")
    parser.add_argument("--timeout", type=float, default=3.0, help="seconds to wait (default %(default)s)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if not 0 < options.timeout < math.inf:
        raise UserError("--timeout is a number of seconds above 0")
    where = f"{options.host}:{options.port}"
    try:
        status = _asked(options)
    except http.client.InvalidURL:
        raise UserError(f"--host {options.host}: is no name of a host and no address") from None
    except (OSError, http.client.HTTPException) as error:
        raise UserError(f"no answer from the admin port {where} ({reason_of(error)})", code=1) from None
    if status != 200:
        raise UserError(f"not ready: the admin port answered {status}", code=1)
    print("ready")
    return 0


def _asked(options: argparse.Namespace) -> int:
    with closing(http.client.HTTPConnection(options.host, options.port, timeout=options.timeout)) as connection:
        connection.request("GET", "/-/ready")
        return connection.getresponse().status
