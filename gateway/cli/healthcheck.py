"""`healthcheck`: ask a running gateway whether it is ready; for a container's HEALTHCHECK, where no shell or curl is."""

import argparse
import http.client

from gateway.cli.errors import UserError

EPILOG = """\
exit codes:
  0  ready          1  not ready, or not there

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
    connection = http.client.HTTPConnection(options.host, options.port, timeout=options.timeout)
    try:
        connection.request("GET", "/-/ready")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        reason = f"{type(error).__name__}: no answer from the admin port {options.host}:{options.port}"
        raise UserError(reason, code=1) from None
    finally:
        connection.close()
    if status != 200:
        raise UserError(f"not ready: the admin port answered {status}", code=1)
    print("ready")
    return 0
