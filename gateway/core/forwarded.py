"""Who asked first, by the word of proxies: `X-Forwarded-For`, to which each proxy adds the address that it was asked from."""

import re
from collections.abc import Callable

from gateway.core.addresses import is_address

_WITH_PORT = re.compile(r"\[([^\]]*)\](?::[0-9]+)?|([0-9.]+):[0-9]+")  # as some proxies write it


def first_asker(forwarded_for: str, is_trusted: Callable[[str], bool]) -> str:
    """The last hop that is none of the proxies we trust, empty where that is no address: what stands before it, anybody may
    have written."""
    for hop in reversed(forwarded_for.split(",")):
        address = _bare(hop.strip())
        if not is_trusted(address):
            return address if is_address(address) else ""
    return ""


def _bare(hop: str) -> str:
    match = _WITH_PORT.fullmatch(hop)
    return (match[1] or match[2] or "") if match else hop
