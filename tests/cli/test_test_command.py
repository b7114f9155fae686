"""`pacs-gateway test`: what holds, what fails and by whom, and the rules that no case needs."""

from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree

import pytest

from tests.cli.command import Ended, called, started

CONFIG = """\
version: 1
upstreams: {pacs: {url: 'http://pacs:8042'}}
rules:
  - id: on-tape
    why: It comes back from tape
    when: {transaction: retrieve, status: 500, body: ERR-1}
    then: {status: 503, retry_after: 3m}
    examples:
      - name: a study on tape
        request: {path: /studies/2.25.1}
        upstream: {status: 500, headers: {Content-Type: text/plain}, body: ERR-1}
        expect: {status: 503}
      - request: {path: /studies/2.25.1}
        upstream: {status: 500, headers: {Content-Type: text/plain}, body: ERR-2}
        expect: {status: 500, rule: '-'}
"""
GONE = """\
  - id: gone
    why: It is gone
    when: {transaction: retrieve, status: 500, body: ERR-3}
    then: {status: 404}
"""
CASES = """\
cases:
  - name: a study that is gone
    request: {path: /studies/2.25.1}
    upstream: {status: 500, headers: {Content-Type: text/plain}, body: ERR-3}
    expect: {status: 404}
"""
RAW = """\
  - name: no answer in http
    request: {path: /studies/2.25.1}
    upstream: {raw: rubbish}
    expect: {status: 503}
"""


class Site:
    """A folder with a configuration and cases, and the command at work in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.config = self.write("gateway.yaml", CONFIG)

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(dedent(text))
        return file

    def test(self, *arguments: str | Path) -> Ended:
        ended = called(self._capsys, "test", self.config, *arguments)
        return Ended(ended.code, ended.out.replace(f"{self.folder}/", ""), ended.err.replace(f"{self.folder}/", ""))


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Site:
    return Site(tmp_path, capsys)


# ---- cases ---------------------------------------------------------------------------------------------------------


def test_examples_that_hold_are_a_number(site: Site) -> None:
    assert site.test() == Ended(0, "2 cases: 2 hold, 0 fail\n", "")


def test_every_case_is_listed_with_who_decided(site: Site) -> None:
    cases = site.write("cases.yaml", CASES.replace("404", "500"))
    assert site.test(cases, "--verbose") == Ended(
        0,
        "gateway.yaml:9:9: on-tape: a study on tape: ok: 503 by rule on-tape\n"
        "gateway.yaml:13:9: on-tape: examples[1]: ok: 500 by no rule\n"
        "cases.yaml:2:5: a study that is gone: ok: 500 by no rule\n"
        "3 cases: 3 hold, 0 fail\n",
        "",
    )


def test_a_case_that_fails_says_what_differs_and_who_decided(site: Site) -> None:
    site.write("gateway.yaml", CONFIG + GONE)
    cases = site.write("cases.yaml", CASES.replace("404", "410, rule: fold, headers: {Retry-After: ~ .}"))
    ended = site.test(cases)
    assert (ended.code, ended.err) == (1, "")
    failed, summary = ended.out.splitlines()
    place, name, told = failed.split(": ", 2)
    assert (place, name) == ("cases.yaml:2:5", "a study that is gone")
    assert told.removeprefix("FAILED: ").split("; ") == [
        "status 404 instead of 410 (by rule gone, It is gone)",
        "decided by rule gone, It is gone instead of fold",
        "Retry-After is absent instead of .",
    ]
    assert summary == "3 cases: 2 hold, 1 fails"


def test_who_decided_is_told_also_where_the_status_is_right(site: Site) -> None:
    cases = site.write("cases.yaml", CASES.replace("404", "500, body: empty"))
    assert "FAILED: body keep instead of empty (by no rule)\n" in site.test(cases).out


def test_an_example_that_its_rule_does_not_decide_fails(site: Site) -> None:
    site.write("gateway.yaml", CONFIG.replace("body: ERR-1}\n    then", "body: ERR-9}\n    then"))
    ended = site.test()
    assert ended.code == 1
    assert "a study on tape: FAILED: status 500 instead of 503 (by no rule); decided by no rule instead of" in ended.out


def test_a_case_about_bytes_on_a_wire_is_counted_and_not_run(site: Site) -> None:
    cases = site.write("cases.yaml", CASES.replace("404", "500") + RAW)
    ended = site.test(cases)
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "cases.yaml:6:5: no answer in http: not run; it needs sockets: raw and cut are about bytes on a wire",
        "4 cases: 3 hold, 0 fail, 1 needs sockets and was not run",
    ]


def test_an_example_about_bytes_on_a_wire_is_not_run_either(site: Site) -> None:
    answer = "{status: 500, headers: {Content-Type: text/plain}, body: ERR-2}"
    site.write("gateway.yaml", CONFIG.replace(answer, "{raw: x}"))
    assert site.test().out.endswith("2 cases: 1 holds, 0 fail, 1 needs sockets and was not run\n")


def test_a_case_finds_its_route_by_its_path(site: Site) -> None:
    site.write(
        "gateway.yaml",
        CONFIG.replace("rules:", "routes:\n  - {id: all, prefix: /, upstream: pacs}\n"
        "  - {id: raw, prefix: /raw, upstream: pacs, service: opaque}\nrules:"),
    )  # fmt: skip
    tape = CASES.replace("ERR-3", "ERR-1").replace("status: 404", "status: 503, rule: on-tape")
    assert site.test(site.write("cases.yaml", tape)).code == 0
    assert site.test(site.write("cases.yaml", tape.replace("/studies", "/raw/studies"))).code == 1
    named = tape.replace("path: /studies/2.25.1", "path: /studies/2.25.1, route: raw")
    assert site.test(site.write("cases.yaml", named)).code == 1


# ---- what cases suppose --------------------------------------------------------------------------------------------


def test_cases_hold_before_and_after_a_site_begins_to_enforce(site: Site) -> None:
    site.write("gateway.yaml", CONFIG + GONE + "mode: observe\n")
    assert site.test(site.write("cases.yaml", CASES)).code == 0


def test_a_file_may_suppose_another_policy(site: Site) -> None:
    site.write("gateway.yaml", CONFIG + GONE)
    observed = "policy: {mode: observe}\n" + CASES.replace("404", "500, rule: '-'")
    assert site.test(site.write("cases.yaml", observed)) == Ended(
        0, "gateway.yaml:16: gone: not needed by any case: it decides none\n"
        "3 cases: 3 hold, 0 fail; 1 of 2 rules not needed by any\n", "",
    )  # fmt: skip


def test_a_policy_that_does_not_fit_the_configuration_names_its_file(site: Site) -> None:
    site.write("gateway.yaml", CONFIG + GONE.replace("404", "429"))
    cases = site.write("cases.yaml", "policy: {documented: {add: {}}}\n" + CASES)
    ended = site.test(cases)
    assert (ended.code, ended.out) == (1, "")
    assert "gateway.yaml:19:20: rules[1].then.status: 429 is not in the documented set" in ended.err
    assert ended.err.endswith("(with the policy of cases.yaml)\n")


# ---- rules that no case needs --------------------------------------------------------------------------------------


def test_a_rule_that_decides_no_case_is_a_warning(site: Site) -> None:
    site.write("gateway.yaml", CONFIG + GONE)
    ended = site.test()
    assert ended == Ended(
        0,
        "gateway.yaml:16: gone: not needed by any case: it decides none\n"
        "2 cases: 2 hold, 0 fail; 1 of 2 rules not needed by any\n",
        "",
    )


def test_with_strict_it_is_a_finding(site: Site) -> None:
    site.write("gateway.yaml", CONFIG + GONE)
    assert site.test("--strict").code == 1
    assert site.test(site.write("cases.yaml", CASES), "--strict").code == 0


def test_a_rule_is_not_needed_by_cases_that_hold_without_it(site: Site) -> None:
    """The fold says 503 as well; the rule changes nothing that anybody has written down."""
    again = GONE.replace("404", "503").replace("status: 500, body: ERR-3", "status: 504")
    cases = CASES.replace("404", "503").replace("status: 500", "status: 504")
    site.write("gateway.yaml", CONFIG + again)
    ended = site.test(site.write("cases.yaml", cases), "--strict")
    assert ended.code == 1
    assert "gateway.yaml:16: gone: not needed by any case: 1 case holds with it and without\n" in ended.out
    needed = cases.replace("status: 503", "status: 503, rule: gone")
    assert site.test(site.write("cases.yaml", needed), "--strict").code == 0


def test_a_rule_in_the_shadow_of_another_is_not_needed(site: Site) -> None:
    site.write(
        "gateway.yaml", CONFIG + CONFIG.split("rules:\n")[1].split("    examples:")[0].replace("on-tape", "twin")
    )
    assert "twin: not needed by any case: it decides none\n" in site.test().out


def test_the_label_that_an_example_implies_needs_nobody(site: Site) -> None:
    """Two rules of one meaning: each has an example, and either would do alone."""
    twin = (
        CONFIG.split("rules:\n")[1]
        .replace("on-tape", "twin")
        .replace("status: 500, body: ERR-1", "status: 5xx, body: ERR-1")
    )
    site.write("gateway.yaml", CONFIG + twin.replace("upstream: {status: 500", "upstream: {status: 501"))
    out = site.test().out
    assert "on-tape: not needed by any case: 1 case holds with it and without\n" in out
    assert "twin: not needed" not in out


def test_a_failing_case_needs_its_rule(site: Site) -> None:
    site.write("gateway.yaml", CONFIG + GONE)
    ended = site.test(site.write("cases.yaml", CASES.replace("404", "410")))
    assert "not needed" not in ended.out


def test_a_rule_that_only_observes_is_needed_by_its_example(site: Site) -> None:
    site.write("gateway.yaml", CONFIG.replace("retry_after: 3m", "observe: true"))
    assert site.test("--strict") == Ended(0, "2 cases: 2 hold, 0 fail\n", "")


# ---- packs ---------------------------------------------------------------------------------------------------------

LOGIN = """\
  - id: our-login
    why: We know better
    when: {transaction: search, status: 302}
    then: {status: 403}
"""


def test_the_examples_of_enabled_packs_run_too(site: Site) -> None:
    site.write("gateway.yaml", CONFIG + "packs: [login-pages]\n")
    ended = site.test("--verbose", "--packs", "--strict")
    assert ended.code == 0
    assert "packs/login-pages.yaml:" in ended.out
    assert "not needed" not in ended.out


def test_packs_are_judged_before_a_service_of_dicomweb_with_a_challenge(site: Site) -> None:
    """A site without either is no reason for the examples of a pack to fail."""
    site.write("gateway.yaml", CONFIG.replace("rules:", "packs: [login-pages]\nretry_after: {default: 1m}\nroutes:\n"
                                              "  - {id: raw, prefix: /, upstream: pacs, service: opaque}\nrules:")
               .split("    examples:")[0])  # fmt: skip
    assert site.test().code == 0


def test_an_operator_may_overrule_a_pack(site: Site) -> None:
    site.write("gateway.yaml", CONFIG + LOGIN + "packs: [login-pages]\n")
    ended = site.test("--verbose")
    assert ended.code == 0
    assert ": overruled by rule our-login, We know better\n" in ended.out
    assert " of packs are overruled" in ended.out
    assert "gateway.yaml:16: our-login: not needed by any case: it decides none\n" in ended.out


def test_rules_of_packs_that_no_case_needs_are_told_on_request(site: Site) -> None:
    """Overruled in all that it shows, a rule of a pack does nothing here."""
    everything = LOGIN.replace("{transaction: search, status: 302}", '{status: ["200-599"]}')
    site.write("gateway.yaml", CONFIG.split("rules:")[0] + "packs: [login-pages]\nrules:\n" + everything)
    assert "login-redirect: not needed" not in site.test().out
    assert (
        "packs/login-pages.yaml:7: login-redirect: not needed by any case: it decides none\n"
        in site.test("--packs").out
    )


# ---- JUnit ---------------------------------------------------------------------------------------------------------


def report(site: Site, *arguments: str | Path) -> ElementTree.Element:
    file = site.folder / "report.xml"
    site.test(*arguments, "--junit", file)
    return ElementTree.parse(file).getroot()


def test_junit_has_a_suite_for_each_file_and_one_for_the_rules(site: Site) -> None:
    site.write("gateway.yaml", CONFIG + GONE)
    root = report(site, site.write("cases.yaml", CASES.replace("404", "410") + RAW))
    assert (root.tag, root.attrib) == (
        "testsuites",
        {"name": "pacs-gateway test", "tests": "6", "failures": "1", "errors": "0", "skipped": "1"},
    )
    suites = [(Path(suite.get("name", "")).name, suite.get("tests"), suite.get("failures")) for suite in root]
    assert suites == [("gateway.yaml", "2", "0"), ("cases.yaml", "2", "1"), ("rules that cases need", "2", "0")]
    failed, skipped = root[1]
    assert (failed.get("name"), failed.get("line")) == ("a study that is gone", "2")
    assert failed.findtext("failure") == "status 404 instead of 410 (by rule gone, It is gone)"
    assert [child.tag for child in skipped] == ["skipped"]


def test_junit_has_a_rule_without_need_as_skipped_or_with_strict_as_failed(site: Site) -> None:
    site.write("gateway.yaml", CONFIG + GONE)
    for arguments, tag in ((("--packs",), "skipped"), (("--strict",), "failure")):
        needed, needless = report(site, *arguments)[-1]
        assert (needed.get("name"), list(needed)) == ("on-tape", [])
        assert [(child.tag, child.get("message")) for child in needless] == [
            (tag, "not needed by any case: it decides none")
        ]


ODD = CASES.replace("404", r'500, headers: {X-Odd: "a\x01\e[31m\n<&>"}').replace("gone", "gone <&> ä")


def test_junit_is_xml_whatever_a_case_says(site: Site) -> None:
    root = report(site, site.write("cases.yaml", ODD))
    (failure,) = root.iter("failure")
    assert failure.text == "X-Odd is absent instead of a\ufffd\ufffd[31m\n<&>"
    assert "a study that is gone <&> ä" in [case.get("name") for case in root.iter("testcase")]


def test_a_terminal_gets_no_control_characters(site: Site) -> None:
    ended = site.test(site.write("cases.yaml", ODD))
    assert r"X-Odd is absent instead of a\x01\x1b[31m\x0a<&> (by no rule)" in ended.out


# ---- mistakes of users ---------------------------------------------------------------------------------------------


def test_a_configuration_with_mistakes_is_told_as_by_check(site: Site) -> None:
    site.write("gateway.yaml", CONFIG.replace("status: 503, retry", "status: 418, retry"))
    ended = site.test()
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("pacs-gateway: 2 mistakes:\n  gateway.yaml:7:20: rules[0].then.status: 418")


def test_a_case_with_mistakes_stops_the_run(site: Site) -> None:
    ended = site.test(site.write("cases.yaml", CASES.replace("expect:", "expects:")))
    assert (ended.code, ended.out) == (1, "")
    assert 'cases.yaml:5:5: cases[0].expects: unknown key; did you mean "expect"?\n' in ended.err


@pytest.mark.parametrize("missing", ["gateway.yaml", "nowhere.yaml", "empty"])
def test_what_cannot_be_read_ends_in_2(site: Site, missing: str) -> None:
    (site.folder / "empty").mkdir()
    if missing == "gateway.yaml":
        site.config.unlink()
    ended = site.test(site.folder / missing)
    assert (ended.code, ended.out) == (2, "")
    assert missing in ended.err
    assert "Traceback" not in ended.err


def test_a_report_that_cannot_be_written_ends_in_2(site: Site) -> None:
    ended = site.test("--junit", site.folder / "nowhere" / "report.xml")
    assert (ended.code, ended.err) == (
        2,
        "pacs-gateway: nowhere/report.xml: cannot be written: No such file or directory\n",
    )


# ---- the program ---------------------------------------------------------------------------------------------------

OURS = Path(__file__).parents[1] / "cases"


def test_our_own_cases_hold_before_any_configuration(site: Site) -> None:
    """They say what they suppose; so an operator may run them, and learn from them."""
    known = CONFIG.split("rules:")[0].replace("8042'", "8042', quirks: {unauthorized_challenge: Basic}")
    other = "mode: observe\nretry_after: {default: 1m}\ndocumented: {set: dcs, edition: 2026a}\n"
    site.write("gateway.yaml", known + other)
    ended = site.test(OURS)
    assert ended.code == 0, ended.out
    assert "need sockets and were not run" in ended.out


def test_equal_input_gives_equal_output_in_every_process(site: Site) -> None:
    cases = site.write("cases.yaml", CASES + RAW)
    ends = [
        started(
            "test", site.config, cases, OURS, "--verbose", "--junit", site.folder / f"{seed}.xml", PYTHONHASHSEED=seed
        )
        for seed in ("1", "2")
    ]
    assert ends[0] == ends[1]
    assert ends[0].err == ""
    assert (site.folder / "1.xml").read_bytes() == (site.folder / "2.xml").read_bytes()
