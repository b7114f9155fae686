"""How an exchange ended, as far as an auditor asks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ending:
    """`status` is None where the client got none; `complete` says that all of the answer went out to it.

    `client` is its address as far as it can be believed, `exchange` the id that the log has too, `moment` in Unix seconds.
    """

    client: str
    status: int | None
    complete: bool
    exchange: str
    moment: float
