"""A configuration file with any content: settings, or findings with a place each, and never anything else."""

from gateway.config.findings import ConfigErrors
from gateway.config.load import load_text
from gateway.config.settings import Settings

FILE, ENVIRON = "gateway.yaml", {"NAME": "pacs", "EMPTY": ""}


def check_configuration(data: bytes) -> None:
    """Only `ConfigErrors` may come out; what is accepted keeps the promises that the judgement relies on."""
    text = data.decode("utf-8", "replace")
    settings = _loaded(text)
    if settings is None:
        return
    policy = settings.policy
    assert settings.routes
    assert all(route.upstream in settings.upstreams for route in settings.routes)
    assert all(policy.documented.allows(code) for code in policy.fold.values())
    for rule in policy.rules:
        assert rule.then.status is None or policy.documented.allows(rule.then.status)
    assert settings.digest == load_text(text, FILE, ENVIRON).digest


def _loaded(text: str) -> Settings | None:
    try:
        return load_text(text, FILE, ENVIRON)
    except ConfigErrors as errors:
        findings, report = errors.findings, str(errors)
    assert findings
    assert report
    return None
