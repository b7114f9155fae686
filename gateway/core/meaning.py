"""What an answer means, whatever its status line says: the first reading that applies wins.

A reading looks at one thing and returns a `Meaning`, or None where it has nothing to say. Readings never touch DICOM
objects and valid results: a patient's name may hold `<b>`, a series description "error", a preamble `<html>`.
The order is that of evidence: a response module before a status line, a status line before a label, a label before wording.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.core.decision import BodyPlan
from gateway.core.facts import RequestFacts, Response
from gateway.core.policy import Policy


@dataclass(frozen=True, slots=True)
class Meaning:
    """The status an answer means, and why. `rule` is a built-in label; `body` None leaves the body to `normalise`."""

    status: int
    rule: str
    why: str
    body: BodyPlan | None = None


Reading = Callable[[RequestFacts, Response, Policy], Meaning | None]
