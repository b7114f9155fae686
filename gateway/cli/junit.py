"""JUnit XML, as far as its readers agree: suites, cases, failure, skipped. No times: equal results are equal files."""

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from gateway.cli.verdicts import told, told_unneeded
from gateway.config.trials import State, Unneeded, Verdict
from gateway.core.rule import Rule

# What XML 1.0 cannot hold, not even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(verdicts: Sequence[Verdict], rules: Sequence[Rule], idle: Sequence[Unneeded], *, strict: bool) -> bytes:
    """One suite for each file, and one for the rules: each a case that holds where some case needs the rule."""
    root = Element("testsuites", name="pacs-gateway test")
    for file in dict.fromkeys(found.trial.place.file for found in verdicts):
        suite = SubElement(root, "testsuite", name=_text(file))
        for found in (found for found in verdicts if found.trial.place.file == file):
            _case(suite, found)
    if rules:
        _rules(SubElement(root, "testsuite", name="rules that cases need"), rules, idle, strict)
    for suite in root:
        _counted(suite, [case for case in suite if case.tag == "testcase"])
    _counted(root, root.findall("testsuite/testcase"))
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _case(suite: Element, found: Verdict) -> None:
    place = found.trial.place
    case = SubElement(suite, "testcase", classname=_text(place.file), name=_text(found.trial.name))
    case.set("file", _text(place.file))
    case.set("line", str(place.line))
    if found.state is State.FAILS and found.played is not None:
        failure = SubElement(case, "failure", type=State.FAILS.value, message=_text(told(found)))
        failure.text = _text("\n".join(found.played.differences))
    elif found.state is not State.HOLDS:
        SubElement(case, "skipped", message=_text(told(found)))


def _rules(suite: Element, rules: Sequence[Rule], idle: Sequence[Unneeded], strict: bool) -> None:
    needless = {rule.rule.id: rule for rule in idle}
    for rule in rules:
        case = SubElement(suite, "testcase", classname="rules", name=rule.id)
        if rule.id in needless:
            SubElement(case, "failure" if strict else "skipped", message=told_unneeded(needless[rule.id]))


def _counted(element: Element, cases: Sequence[Element]) -> None:
    element.set("tests", str(len(cases)))
    element.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    element.set("errors", "0")
    element.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))


def _text(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
