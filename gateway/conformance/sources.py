"""Every source of every code under a configuration, from the tables that judge.

the archive's own answers     documented codes, and what each needs to be sent (core/owed)
readings                      built-in verdicts on what an answer means (core/verdicts, core/semantics)
folds                         undocumented codes and what they become (core/fold, documented.fold)
rules                         of the operator and of packs (core/rule), in the words of core/wording
failures                      what is answered where the archive is not heard (core/failures), as far as switched on
strict, preflight             documented.strict, cors
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping

from gateway.config.settings import Settings
from gateway.conformance.source import Found, Kind, Source
from gateway.conformance.switched_on import brought_about
from gateway.core.failures import MEANINGS, FailureKind, Origin
from gateway.core.fold import HOP_CODES, ROWS, row_for
from gateway.core.normalise import nearest
from gateway.core.policy import Policy
from gateway.core.rule import Rule
from gateway.core.semantics import LABELS
from gateway.core.verdicts import VERDICTS, BuiltIn, Lead
from gateway.core.wording import either, number_words, transaction_words, wording
from gateway.dicomweb.statuses import DICOM_SET, SWITCHING_PROTOCOLS
from gateway.dicomweb.transactions import TRANSACTIONS, Transaction

_FINAL = range(200, 600)
_FEW = 3  # numbers that can be read at a glance
# Documented or not, these are read as folded where the request did not ask for them.
_UNASKED = {412: "unasked-412", 416: "unasked-416"}


def all_sources(settings: Settings) -> Mapping[int, tuple[Source, ...]]:
    """By code; each source once, in the order of the docstring above."""
    found: defaultdict[int, dict[Source, None]] = defaultdict(dict)
    for part in PARTS:
        for code, source in part(settings):
            found[code][source] = None
    return {code: tuple(sources) for code, sources in sorted(found.items())}


def reachable(settings: Settings) -> list[Transaction]:
    """The transactions that the routes offer, without what is none of the standard."""
    services = {route.service for route in settings.routes}
    if "dicomweb" in services:
        return [row for row in TRANSACTIONS.values() if row.id != "other"]
    return [row for row in TRANSACTIONS.values() if row.service == "uri" and "wado-uri" in services]


def archive_answers(settings: Settings) -> Found:
    documented, offered = settings.policy.documented, reachable(settings)
    for code in _FINAL:
        if documented.allows(code) and code not in HOP_CODES:
            text = _listed(code, [row for row in offered if code in row.responses], settings)
            yield code, Source("archive", "-", text)
    if any(row.id == "notification.open" for row in offered):
        yield SWITCHING_PROTOCOLS, Source("archive", "-", "A notification channel is opened (PS3.18 8.10.4).")


def _listed(code: int, rows: list[Transaction], settings: Settings) -> str:
    documented = settings.policy.documented
    if documented.strict and code not in documented.added:
        others = "on paths outside DICOMweb" + (" or after a POST, PUT or PATCH" if code == 500 else "")
        if not rows:
            return f"As the archive sent it, {others} only."
        return f"As the archive sent it, to {transaction_words(row.id for row in rows)}, or {others}."
    standard = [row.id for row in rows if row.section[0].isdecimal()]
    if standard:
        return f"As the archive sent it. PS3.18 lists it for {transaction_words(standard)}."
    if code in DICOM_SET:
        return "As the archive sent it. PS3.18 lists it in Table 8.5-1, and for no single transaction."
    return "As the archive sent it. No table of PS3.18 lists it."


def readings(settings: Settings) -> Found:
    """Verdicts that name a documented code, and those that name one which is folded in its turn."""
    policy = settings.policy
    for label, row, lead in leads(settings):
        sent = {code for code in lead.to if policy.documented.allows(code) and code not in HOP_CODES}
        for code in sorted(sent):
            yield code, Source("reading", label, lead.text)
        folded: defaultdict[int, list[int]] = defaultdict(list)
        for code in lead.to - sent:
            for to in _folded_to(code, policy, on_reads=row.on_reads):
                folded[to].append(code)
        for to, codes in folded.items():
            yield to, Source("reading", label, f"{row.sentence} It means {_some(codes)}, which is not documented.")


def _some(codes: list[int]) -> str:
    return number_words(codes) if len(codes) <= _FEW else f"one of {len(codes)} codes"


def leads(settings: Settings) -> Iterator[tuple[str, BuiltIn, Lead]]:
    """Where built-in verdicts can lead under this configuration."""
    for label, row in VERDICTS.items():
        for lead in row.leads if label not in LABELS or reachable(settings) else ():
            possible = POSSIBLE.get((label, min(lead.to)))
            if possible is None or possible(settings):
                yield label, row, lead


def _folded_to(code: int, policy: Policy, *, on_reads: bool) -> set[int]:
    row = row_for(code, policy)
    return {to for to, _when in row.cases()} - ({row.store, row.unrepeatable} - {row.to} if on_reads else set())


def _any_quirk(name: str, value: object) -> Callable[[Settings], bool]:
    return lambda settings: any(getattr(quirks, name) == value for quirks in settings.policy.quirks.values())


# Verdicts that depend on the edition, on quirks of an archive, or on the documented set.
POSSIBLE: Mapping[tuple[str, int], Callable[[Settings], bool]] = {
    ("empty-search", 200): lambda settings: settings.policy.documented.edition != "2024e",
    ("empty-search", 500): _any_quirk("empty_search", "error"),
    ("forbidden-as-not-found", 404): _any_quirk("forbidden_as_not_found", True),
    ("impossible-range", 416): lambda settings: settings.policy.documented.allows(416),
    ("impossible-range", 400): lambda settings: not settings.policy.documented.allows(416),
}


def folds(settings: Settings) -> Found:
    """Codes that become the same for the same reason share a source."""
    policy = settings.policy
    for label, codes in folded_codes(policy).items():
        grouped: defaultdict[tuple[int, str, str], list[int]] = defaultdict(list)
        for code in codes:
            row = row_for(code, policy)
            for to, when in row.cases():
                grouped[to, row.why, when].append(code)
        for (to, why, when), group in grouped.items():
            yield to, Source("fold", label, f"The archive said {numbers(group, policy)}: {why}{_when(when)}.")
    for code, label in _UNASKED.items():
        for to, when in row_for(code, policy).cases():
            yield to, Source("fold", label, f"{VERDICTS[label].sentence.removesuffix('.')}{_when(when)}.")


def folded_codes(policy: Policy) -> Mapping[str, list[int]]:
    """By the label under which they are folded; those with a row of their own first."""
    codes = [code for code in _FINAL if not policy.documented.allows(code)]
    codes.sort(key=lambda code: (code not in ROWS, code))
    return {
        "hop-code": [code for code in _FINAL if code in HOP_CODES],
        "fold": [code for code in codes if code not in HOP_CODES],
    }


def numbers(codes: Collection[int], policy: Policy) -> str:
    """Those with a row of their own by name, hundreds without one by their class."""
    named = [code for code in codes if code in ROWS or code in policy.fold]
    others = [f"another {digit}xx" for digit in sorted({code // 100 for code in set(codes) - set(named)})]
    return either([*([number_words(named)] if named else []), *others])


def _when(when: str) -> str:
    return f"; {when}" if when else ""


def rules(settings: Settings) -> Found:
    for rule in settings.policy.rules:
        if rule.then.status is not None:
            yield rule.then.status, _of_rule(rule)


def _of_rule(rule: Rule) -> Source:
    kind: Kind = "observing" if rule.then.observe else "rule"
    return Source(kind, rule.id, rule.why, rule.pack, tuple(map(wording, rule.when)))


def failures(settings: Settings) -> Found:
    code_of = settings.policy.documented.code_of
    for kind, meaning in MEANINGS.items():
        means = brought_about(kind, settings)
        if means is not None:
            by = f" ({'; '.join(means)})" if means else ""
            yield code_of(meaning), Source("failure", kind.value, f"{meaning.sentence.removesuffix('.')}{by}.")
    sentence = VERDICTS["invalid-status"].sentence
    yield code_of(MEANINGS[FailureKind.HTTP_PROTOCOL_ERROR]), Source("failure", "invalid-status", sentence)
    yield 500, Source("failure", "invalid-status", f"{sentence.removesuffix('.')}; after a POST, PUT or PATCH.")
    yield 500, Source("failure", "failure", UNKNOWN_OUTCOME)


UNKNOWN_OUTCOME = "The archive was lost after a POST, PUT or PATCH had gone out: whether it acted is not known."


def strict(settings: Settings) -> Found:
    """What stands in for a code that the transaction's own table does not have."""
    policy = settings.policy
    if not policy.documented.strict:
        return
    for row in reachable(settings):
        for code in (200, 400, 500) if row.responses else ():
            stands_in = nearest(code, frozenset(row.responses), policy)
            yield stands_in, Source("strict", "strict", VERDICTS["strict"].sentence)


def preflight(settings: Settings) -> Found:
    if settings.policy.cors is not None:
        yield 204, Source("preflight", "preflight", VERDICTS["preflight"].sentence)


PARTS: tuple[Callable[[Settings], Found], ...] = (archive_answers, readings, folds, rules, failures, strict, preflight)
UPSTREAM_KINDS = tuple(kind for kind, meaning in MEANINGS.items() if meaning.origin is Origin.UPSTREAM)
