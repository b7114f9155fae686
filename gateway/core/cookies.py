"""`Set-Cookie` on its way out (RFC 6265): a cookie of the archive becomes one of the gateway, or no login would last.

A `Domain` that names the archive is refused by every browser that knows the gateway under another name. Without it the
cookie belongs to the host that set it, which is the gateway: narrower, never wider. A `Domain` that covers the gateway's
host too stays, and so does one that covers neither, for the browser to refuse.

All else stays byte for byte, and nothing is parsed that need not be. `Path` stays because the gateway forwards the path of
a request as it came: what the archive sees is what the browser sees. `Secure` and `SameSite` stay because they are the
archive's promise to its users; taking them away would weaken it, and adding them could end a login over plain HTTP.
"""

from gateway.core.addresses import host_of, is_address, same_host


def as_own(line: str, upstream_origin: str, public_base: str) -> str:
    """One `Set-Cookie` line in the gateway's name."""
    cookie, *attributes = line.split(";")  # RFC 6265 5.2: quotes do not protect a semicolon
    domains = [domain for attribute in attributes if (domain := _domain(attribute))]
    # RFC 6265 5.3: of several the last one counts. None before it may take its place.
    if not domains or not _covers(domains[-1], host_of(upstream_origin)) or _covers(domains[-1], host_of(public_base)):
        return line
    return ";".join([cookie, *(attribute for attribute in attributes if _domain(attribute) is None)])


def _domain(attribute: str) -> str | None:
    """The value of a `Domain` attribute, None for any other (RFC 6265 5.2.3)."""
    name, _, value = attribute.partition("=")
    if name.strip(" \t").lower() != "domain":
        return None
    return same_host(value.strip(" \t").removeprefix("."))


def _covers(domain: str, host: str) -> bool:
    """RFC 6265 5.1.3: the host itself, or, where it is a name, one above it."""
    return host == domain or (host.endswith("." + domain) and not is_address(host))
