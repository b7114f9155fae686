"""Until when the certificates that the gateway shows are valid, and what is to be said of one before it is too late.

An expired certificate is no mistake of the configuration: whoever shows it knows better than a gateway that would not start
whether its clients mind. So it is shown, and spoken of.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from gateway.config.settings import Settings, ShownCertificate, ShownTo
from gateway.config.x509 import certificates_in, is_in_order

SOON = 21  # days
DAY = 86400.0
NOBODY = "-"  # in the place of an archive's name

_Place = tuple[ShownTo, str, str, Path | None]


def shown_certificates(settings: Settings) -> tuple[ShownCertificate, ...]:
    """Those whose files can be read now."""
    return tuple(
        found
        for use, name, key, file in _places(settings)
        if file is not None and (found := _shown(use, name, key, file)) is not None
    )


def _places(settings: Settings) -> Iterator[_Place]:
    if settings.server.tls is not None:
        yield "listener", NOBODY, "server.tls.cert_file", settings.server.tls.cert_file
    for id_, upstream in settings.upstreams.items():
        yield "upstream", id_, f"upstreams.{id_}.tls.cert_file", upstream.tls.cert_file
    if settings.audit is not None:
        yield "audit", NOBODY, "audit.cert_file", settings.audit.cert_file
    if settings.tracing is not None:
        yield "tracing", NOBODY, "tracing.cert_file", settings.tracing.cert_file


def _shown(use: ShownTo, name: str, key: str, file: Path) -> ShownCertificate | None:
    chain = certificates_in(file)
    if not chain:
        return None
    begins, ends = max(one.begins for one in chain), min(one.ends for one in chain)
    return ShownCertificate(use, name, key, file, begins, ends, is_in_order(chain))


def remarks(settings: Settings, now: float) -> tuple[str, ...]:
    """What an operator should know of the certificates, a sentence each."""
    return tuple(f"{shown.key}: {told}" for shown in settings.certificates for told in _remarks(shown, now))


def _remarks(shown: ShownCertificate, now: float) -> Iterator[str]:
    if said := validity(shown, now):
        yield f"the certificate in {shown.file} {said}"
    if not shown.is_in_order:
        yield f"the chain in {shown.file} is out of order: behind each certificate belongs that of its issuer"


def validity(shown: ShownCertificate, now: float) -> str:
    """What is wrong with its time, or soon will be; empty for nothing."""
    if now >= shown.ends:
        return f"has expired on {_date(shown.ends)}"
    if now < shown.begins:
        return f"is not valid before {_date(shown.begins)}"
    days = int((shown.ends - now) / DAY)
    left = f"{days} day{'s' if days != 1 else ''}"
    return f"expires on {_date(shown.ends)}, in {left}" if days < SOON else ""


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
