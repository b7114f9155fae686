"""What the metrics say of the gateway itself: its process, its release, and the configuration in force.

Where several processes serve one port this is said once, by the one that they belong to.
"""

from functools import partial

from prometheus_client import CollectorRegistry, Gauge, GCCollector, PlatformCollector, ProcessCollector

from gateway import __version__
from gateway.config.settings import Settings


class Description:
    """Every method returns at once."""

    def __init__(self, registry: CollectorRegistry) -> None:
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        gauge = partial(Gauge, registry=registry)
        self._reload_ok = gauge(
            "pacs_gateway_config_last_reload_successful", "1 if the configuration read last is in force, else 0."
        )
        self._reload_time = gauge(
            "pacs_gateway_config_last_reload_success_timestamp_seconds", "When the configuration in force was loaded."
        )
        self._config = gauge("pacs_gateway_config_info", "The configuration in force; always 1.", ["hash", "mode"])
        self._certificates = gauge(
            "pacs_gateway_certificate_expiry_timestamp_seconds",
            "When a certificate that the gateway shows, or one of its chain, expires.",
            ["use", "name"],
        )
        gauge("pacs_gateway_build_info", "The running release; always 1.", ["version"]).labels(__version__).set(1)

    def reload_succeeded(self, settings: Settings, now: float) -> None:
        """These settings are in force since `now` (Unix seconds)."""
        self._config.clear()
        self._config.labels(settings.digest, settings.policy.mode.value).set(1)
        self._reload_time.set(now)
        self._reload_ok.set(1)
        self._certificates.clear()
        for shown in settings.certificates:
            self._certificates.labels(shown.use, shown.name).set(shown.ends)

    def reload_failed(self) -> None:
        """A new configuration was refused; the one before stays in force."""
        self._reload_ok.set(0)
