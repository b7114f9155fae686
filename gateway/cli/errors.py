"""Mistakes of a user, as one line."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the commands that read no configuration need none of it
    from gateway.config.findings import ConfigErrors


class UserError(Exception):
    """A mistake to be told in one line. `code` is the exit code: 1 for findings, 2 for what could not be read or used."""

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


def from_config(errors: "ConfigErrors") -> UserError:
    """All findings of a configuration or of files of cases, one line each; of several, the number comes first."""
    lines = [str(finding) for finding in errors.findings]
    head = [f"{len(lines)} mistakes:"] if len(lines) > 1 else []
    return UserError("\n  ".join([*head, *lines]), code=2 if errors.unreadable else 1)


def reason_of(error: Exception) -> str:
    """Why nobody answered at an address, in a few words."""
    if isinstance(error, TimeoutError):
        return "it takes too long"
    if isinstance(error, OSError):
        return error.strerror or "it hangs up"
    return "what it says is no HTTP"
