"""Operators' policies of any length, for curves: rules as people write them, none of which fits a good answer."""

# What differs from kind to kind: the condition, and what is done.
_KINDS = (
    ("{{status: 500, body: 'ERR-{n}'}}", "{{status: 503}}"),
    ("{{transaction: retrieve, status: 400, body: 'Code{n}'}}", "{{status: 404}}"),
    ("{{status: 502, header: {{X-Node: 'node{n}'}}}}", "{{status: 503, retry_after: 30s}}"),
    ("{{status: 200, media_type: text/html, body: 'App{n}'}}", "{{status: 500}}"),
    ("{{header: {{X-Fault: 'F{n}'}}}}", "{{status: 500}}"),
)
_RULE = "  - {{id: rule-{n}, why: The vendor says so., when: %s, then: %s}}\n"


def rules(count: int) -> str:
    """The section of a configuration. The kinds take turns; the last asks about every answer, good ones too."""
    written = ((_RULE % _KINDS[number % len(_KINDS)]).format(n=number) for number in range(count))
    return "rules:\n" + "".join(written) if count else ""
