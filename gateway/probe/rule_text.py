"""One proposed rule as YAML, with its reason, its limits and two examples: what it is for, and what it must leave alone.

Nothing of the archive goes in but a status, a media type and the phrase. Identifiers are nobody's.
"""

import json
import textwrap
from collections.abc import Iterator

from gateway.config.cases import Answer, Case, CaseRequest, Expected, play
from gateway.core.fields import Fields
from gateway.core.policy import Policy
from gateway.dicomweb.media import parse_media_type
from gateway.probe.names import example_names
from gateway.probe.proposals import Proposal

_OTHER_TEXT = "The volume is offline"  # a failure of the archive, which no rule of a survey may touch


def rule_text(proposal: Proposal) -> Iterator[str]:
    first = proposal.seen[0]
    asked = sum(2 if exchange.again is not None else 1 for exchange in proposal.seen)
    success = " under a success" if proposal.status < 300 else ""
    why = (
        f"Asked for {first.check.what}, this archive answers {proposal.status}{success} with these words. "
        f"{proposal.clauses[0]} says {proposal.right}. "
        f"Seen in {asked} answer{'s' if asked != 1 else ''} of one survey: whether the archive uses the same words for a "
        f"failure of its own, only its vendor knows."
    )
    yield f"  - id: {proposal.id}"
    yield "    why: >-"
    yield from textwrap.wrap(why, 110, initial_indent="      ", subsequent_indent="      ")
    yield f"    source: {json.dumps([f'pacs-gateway probe, {exchange.check.id}' for exchange in proposal.seen])}"
    yield "    when:"
    yield f"      transaction: [{', '.join(proposal.transactions)}]"
    yield f"      status: {proposal.status}"
    if proposal.media:
        yield f"      media_type: {json.dumps(proposal.media)}"
    yield f"      {proposal.sign.where}: '\\b{proposal.sign.phrase}\\b'"
    # A breaker must not count what clients do wrong against the archive.
    healthy = ", healthy: true" if proposal.right < 500 <= proposal.status else ""
    yield f"    then: {{status: {proposal.right}{healthy}}}"
    yield "    examples:"
    yield from _example(proposal, first.check.what, proposal.sign.phrase, proposal.right)
    if proposal.status >= 400:
        other = _left_alone(proposal)
        yield from _example(proposal, "any other failure stays what it is", _OTHER_TEXT, other)


def _example(proposal: Proposal, name: str, phrase: str, status: int) -> Iterator[str]:
    case = _case(proposal, phrase)
    assert isinstance(case.upstream, Answer)
    asked = {"method": case.request.method, "path": case.request.path, "headers": dict(case.request.fields.lines)}
    yield f"      - name: {json.dumps(name)}"
    yield f"        request: {json.dumps(asked)}"
    yield "        upstream:"
    yield f"          status: {case.upstream.status}"
    if case.upstream.reason:
        yield f"          reason: {json.dumps(case.upstream.reason)}"
    if proposal.media:
        yield f"          headers: {{Content-Type: {json.dumps(proposal.media)}}}"
    if case.upstream.content:
        yield f"          body: {json.dumps(case.upstream.content.decode())}"
    yield f"        expect: {{status: {status}}}"


def _case(proposal: Proposal, phrase: str) -> Case:
    """The exchange with nobody's identifiers, and of the content no more than the phrase."""
    check = proposal.seen[0].check
    names = example_names(proposal.seen[0].names)
    fields = Fields([(name, value) for name, value in check.fields if name in ("Accept", "Content-Type")])
    request = CaseRequest(check.method, names.fill(check.target), fields, "pacs", "pacs")
    label = Fields([("Content-Type", proposal.media)]) if proposal.media else Fields()
    if proposal.sign.where == "reason":
        return Case("", request, Answer(proposal.status, label, reason=phrase), Expected(proposal.right))
    media = parse_media_type(proposal.media)
    body = json.dumps({"message": phrase}) if media and media.subtype.endswith("json") else phrase
    return Case("", request, Answer(proposal.status, label, body.encode()), Expected(proposal.right))


def _left_alone(proposal: Proposal) -> int:
    """What becomes of another failure under the same status, by everything but the rule."""
    return play(_case(proposal, _OTHER_TEXT), Policy()).status
