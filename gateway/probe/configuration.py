"""A configuration that repairs what can be repaired, as a commented file, tried before anybody sees it.

It is loaded as `check` does, its examples are played as `test` does, and every exchange of the survey is judged with it.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from gateway.config.findings import Wrong
from gateway.config.lint import in_earnest, lint
from gateway.config.load import load_text, quick_start
from gateway.config.settings import Settings
from gateway.config.trials import State, trials, verdict
from gateway.config.vocabulary import challenge
from gateway.core.policy import Policy
from gateway.probe.proposals import Proposal, harmful, proposals
from gateway.probe.repair import Repair, repair
from gateway.probe.rule_text import rule_text
from gateway.probe.survey import Exchange

NAME = "the configuration that was about to be written"
_CHALLENGE = 'Basic realm="PACS"'
_LOGINS = ("login-page", "login-redirect", "login-page-for-image")
Judged = Sequence[tuple[Exchange, Repair]]


@dataclass(frozen=True, slots=True)
class Archive:
    """What the file says of the archive beside what the survey has found. `tls` are lines of its section."""

    origin: str
    url: str
    date: str
    tls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """The text of the file, the policy that it is, and what that makes of each exchange."""

    text: str
    policy: Policy
    judged: Judged
    rules: tuple[Proposal, ...]


def shipped_policy(origin: str) -> Policy:
    """The gateway as it comes: every pack, nothing known of this archive."""
    return quick_start(origin).policy


def judged_by(policy: Policy, exchanges: Sequence[Exchange]) -> Judged:
    return [(exchange, repair(exchange, policy)) for exchange in exchanges]


def written(archive: Archive, exchanges: Sequence[Exchange]) -> Written:
    """The file. Rules that turn out to touch what they should not are left out."""
    shipped = shipped_policy(archive.origin)
    packs = needed_packs(shipped, exchanges)
    first = judged_by(_only(shipped, packs), exchanges)
    proposed = _with_names_of_their_own(proposals(first))
    while True:
        text = _text(archive, packs, _quirks(exchanges, first), proposed, first)
        settings = load_text(text, NAME, {})
        policy = in_earnest(settings.policy)
        judged = judged_by(policy, exchanges)
        if not (guilty := harmful(proposed, judged)):
            _try(settings)
            return Written(text, policy, judged, proposed)
        proposed = tuple(proposal for proposal in proposed if proposal.id not in guilty)


def needed_packs(policy: Policy, exchanges: Sequence[Exchange]) -> tuple[str, ...]:
    """The packs without which something would be left unrepaired; of two that do the same, one."""
    packs = list(dict.fromkeys(found.pack for _, found in judged_by(policy, exchanges) if found.pack))
    complete = _completed(_only(policy, packs), exchanges)
    for pack in list(packs):
        fewer = [other for other in packs if other != pack]
        if complete <= _completed(_only(policy, fewer), exchanges):
            packs = fewer
    return tuple(packs)


def _completed(policy: Policy, exchanges: Sequence[Exchange]) -> frozenset[int]:
    return frozenset(number for number, (_, found) in enumerate(judged_by(policy, exchanges)) if found.complete)


def _only(policy: Policy, packs: Sequence[str]) -> Policy:
    return replace(policy, rules=tuple(rule for rule in policy.rules if rule.pack in packs))


def _with_names_of_their_own(proposed: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """Two rules of the same check would have the same id; the one with fewer exchanges has to go."""
    kept: dict[str, Proposal] = {}
    for proposal in sorted(proposed, key=lambda proposal: -len(proposal.seen)):
        kept.setdefault(proposal.id, proposal)
    return tuple(kept.values())


def _try(settings: Settings) -> None:
    """What `check` and `test` would find. Nothing may be: else the survey has written nonsense, and says so loudly."""
    found = [str(finding) for finding in lint(settings)]
    played = (verdict(trial) for trial in trials(settings, [], lambda _: settings))
    found += [trial.trial.name for trial in played if trial.state is State.FAILS]
    if found:
        raise AssertionError(f"the written configuration does not hold: {'; '.join(found)}")


def _quirks(exchanges: Sequence[Exchange], judged: Judged) -> Iterator[str]:
    """Lines of `quirks`, each with its evidence."""
    bare = any("no-challenge" in exchange.judgement.ids for exchange in exchanges)
    if bare or any(found.rule in _LOGINS for _, found in judged):
        seen = "sends 401 without saying how to log in" if bare else "sends its login form in the place of data"
        known = next((value for exchange in exchanges for value in _challenges(exchange)), "")
        yield f"# This archive {seen}."
        yield "# A 401 owes a challenge (RFC 9110 15.5.2), or it has to leave as 403."
        if not known:
            yield "# Which challenge is right, no survey can find out: ask the vendor. This one is a guess."
        yield f"unauthorized_challenge: {json.dumps(known or _CHALLENGE)}"
    if any("lost" in exchange.judgement.ids and _is_empty(exchange) for exchange in exchanges):
        yield "# Searches for what is there were answered with no bytes at all, so these do not mean `no match`."
        yield "empty_search: error"


def _challenges(exchange: Exchange) -> Iterator[str]:
    """Those that a configuration may hold: an archive may say anything."""
    for value in exchange.answer.fields.all("WWW-Authenticate"):
        with suppress(Wrong):
            if challenge(value).isprintable() and "$" not in value:
                yield value


def _is_empty(exchange: Exchange) -> bool:
    return exchange.answer.status == 200 and not exchange.answer.content


def _text(
    archive: Archive, packs: Sequence[str], quirks: Iterator[str], proposed: Sequence[Proposal], judged: Judged
) -> str:
    lines = [*_head(archive), *_findings(judged, proposed), "", "version: 1", ""]
    lines += ["# Answers pass as the archive gave them, and the status page lists what would have changed. When you like",
              "# what you see there, write enforce.", "mode: observe", ""]  # fmt: skip
    lines += ["upstreams:", "  pacs:", f"    url: {json.dumps(archive.origin)}"]
    lines += [f"    {line}" for line in archive.tls]
    if of_quirks := list(quirks):
        lines += ["    quirks:", *(f"      {line}" for line in of_quirks)]
    lines += ["", "# Every path goes to the archive, as it came. WADO-URI is known by its query.", "routes:",
              "  - {id: pacs, prefix: /, upstream: pacs, service: dicomweb}", ""]  # fmt: skip
    lines += [
        "# Only those that repaired something in the survey; `packs: all` may do more.",
        f"packs: [{', '.join(packs)}]",
    ]
    if proposed:
        lines += ["", "rules:"]
        for proposal in proposed:
            lines += rule_text(proposal)
    return "\n".join(lines) + "\n"


def _head(archive: Archive) -> Iterator[str]:
    yield f"# Written by `pacs-gateway probe {archive.url}` on {archive.date}."
    yield "#"
    yield "# It repairs what that survey has seen, which is not everything that this archive can do. Before it goes live:"
    yield "#   pacs-gateway check FILE      finds mistakes, should you change it"
    yield "#   pacs-gateway test FILE       plays the examples of its rules"
    yield "#   pacs-gateway serve --config FILE, in the mode observe, for some days"


def _findings(judged: Judged, proposed: Sequence[Proposal]) -> Iterator[str]:
    """What was found, and who repairs it, for the colleague who opens this file in two years."""
    own = {id(exchange): proposal.id for proposal in proposed for exchange in proposal.seen}
    told: dict[str, None] = {}
    for exchange, found in judged:
        if exchange.judgement.deviations:
            by = own.get(id(exchange)) or (found.by if found.complete else "not repaired")
            said = exchange.answer.status or exchange.judgement.ids[0]
            told[f"#   {exchange.check.id}: {said}; {by}"] = None
    if told:
        yield "#"
        yield "# What was found, and what repairs it:"
        yield from told
