"""The texts of the reference, as they are written into files."""

from gateway.config.reference.json_schema import json_schema
from gateway.config.reference.markdown import markdown
from gateway.config.reference.text import json_text


def render(of: str, form: str) -> str:
    """Of `configuration` or `cases`, as `json` or `markdown`."""
    return markdown(of) if form == "markdown" else json_text(json_schema(of)) + "\n"
