"""`${NAME}` and `${NAME:-default}` in values, `$${` for the characters themselves.

Filled in after the YAML was parsed: whatever a variable holds, it can never add a key or end a quotation. An
unset variable without a default is a mistake, never an empty text.
"""

import re
from collections.abc import Mapping

from gateway.config.findings import Wrong

_REFERENCE = re.compile(
    r"\$(?P<escaped>\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|(?P<broken>\$\{)"
)


def filled_in(text: str, environ: Mapping[str, str]) -> str:
    """The text with every reference replaced. As in a shell, `:-` also covers a variable that is set but
    empty."""

    def replacement(match: re.Match[str]) -> str:
        if match["escaped"]:
            return "${"
        if match["broken"]:
            raise Wrong(
                "${ begins a reference such as ${NAME} or ${NAME:-default}; write $${ for the characters themselves"
            )
        name, default = match["name"], match["default"]
        value = environ.get(name)
        if value is None and default is None:
            raise Wrong(f"the environment variable {name} is not set; set it, or write ${{{name}:-default}}")
        return value or default or ""

    return _REFERENCE.sub(replacement, text) if "${" in text else text
