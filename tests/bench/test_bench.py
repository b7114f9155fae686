"""The benchmark reads what it measures with rightly, and compares what it is given. No figure is judged here."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from bench import hot, micro, plot, report
from bench.configured import configured
from bench.contents import contents, frame, search_answer
from bench.machine import described, machine
from bench.measure import Sample
from bench.origin import requests_in
from bench.peers import PEERS, chosen
from bench.policies import rules
from bench.results import costs, latencies, participants, ratio, ratios
from bench.tables import Table, duration, from_plain, markdown
from bench.usage import cpu_ticks, family, peak_bytes, usage
from bench.wrk import LoadFailed, summary
from gateway.config.load import load_text, quick_start
from gateway.core.normalise import normalise
from gateway.dicomweb.multipart import boundary_of

SUMMARY = (
    '{"requests": 400, "bytes": 800000, "microseconds": 2000000, "p50": 1500.0, "p99": 9000.5, "max": 20000.0, '
    '"failed": 0, "refused": 0}'
)
WRK = f"Running 2s test @ http://127.0.0.1:1/x\n  1 threads and 32 connections\nTransfer/sec: 1MB\nsummary {SUMMARY}\n"


def sample(proxy: str, content: str, turn: int, cpu: float, busy: float = 1.0) -> dict[str, Any]:
    return Sample(proxy, content, turn, 1000.0, 500.0, cpu, 0.01, 0.02, 0.03, busy, 64 * 1024**2).plain()


@pytest.fixture
def result() -> dict[str, Any]:
    """Three rounds of four proxies, in the second of which the machine was half as fast; one of them waited for the load."""
    costs_of = {"gateway": 1e-4, "nginx": 2e-5, "plain aiohttp": 2e-4, "mitmproxy": 2e-3}
    samples = [
        sample(name, content, turn, cost * pace, 0.5 if name == "nginx" else 1.0)
        for content in ("2 KB search", "16 MB instance")
        for turn, pace in enumerate((1.0, 2.0, 1.0))
        for name, cost in costs_of.items()
    ]
    absent = {"name": "Envoy", "version": "absent", "does": "its statistics"}
    proxies = [{"name": name, "version": "1.0", "does": "<all & more>"} for name in costs_of]
    return {
        "machine": machine(), "seconds": 1, "rounds": 3, "peer_logs": False,
        "proxies": [*proxies, absent], "samples": samples,
    }  # fmt: skip


def test_wrk_is_read_to_the_microsecond() -> None:
    load = summary(WRK)
    assert (load.requests, load.bytes, load.seconds) == (400, 800000, 2.0)
    assert (load.p50, load.p99, load.longest) == (0.0015, 0.0090005, 0.02)


@pytest.mark.parametrize(
    "output",
    [
        WRK.replace('"failed": 0', '"failed": 1'),
        WRK.replace('"refused": 0', '"refused": 3'),
        WRK.replace('"requests": 400', '"requests": 0'),
        "unable to connect to 127.0.0.1:1 Connection refused\n",
        "",
    ],
)
def test_a_load_with_one_bad_answer_is_no_result(output: str) -> None:
    with pytest.raises(LoadFailed):
        summary(output)


def test_processor_time_is_read_behind_any_name() -> None:
    stat = "42 (a ) (b) 7) S 1 42 42 0 -1 4194560 1 2 3 4 100 20 3 1 20 0 1 0 5 6 7"
    assert cpu_ticks(stat) == 124


def test_memory_is_that_at_its_highest() -> None:
    assert peak_bytes("VmPeak:\t  9000 kB\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n") == 2 * 1024**2
    assert peak_bytes("Name:\tkthreadd\n") == 0


def test_what_children_use_is_counted() -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        assert child.pid in family(os.getpid())
        assert usage(child.pid).cpu >= 0.25
        assert usage(os.getpid()).peak > usage(child.pid).peak > 0
        child.communicate(b"\n")


def test_the_machine_is_described_without_naming_it() -> None:
    found = described(
        "processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: fpu hypervisor avx\n", "MemTotal:       16384000 kB\n"
    )
    assert found == {"processor": "AMD EPYC", "virtual": "yes", "memory": "16 GiB"}
    assert described("", "")["virtual"] == "no"
    assert os.uname().nodename not in machine().values()


def test_contents_are_what_they_say_they_are() -> None:
    for content, size in zip(contents(), (2048, 262144, 16777216), strict=True):
        assert len(content.body) == size
        assert content.digest == sha256(content.body).hexdigest()
    assert [study["0020000D"]["vr"] for study in json.loads(search_answer())] == ["UI", "UI"]
    multipart = contents()[1]
    boundary = boundary_of(multipart.media_type)
    assert frame().endswith(f"\r\n--{boundary}--\r\n".encode())


def test_good_answers_stand_unchanged() -> None:
    """Otherwise the benchmark would measure something else."""
    policy = quick_start("http://127.0.0.1:1").policy
    for content in contents():
        decision = normalise(micro.asked(content), micro.answered(content, policy.peek), policy)
        assert (decision.status, decision.rule) == (200, "-")


def test_every_step_of_the_microbenchmark_can_be_called() -> None:
    for _name, step in micro.steps(quick_start("http://127.0.0.1:1")):
        step()


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_policies_of_any_length_are_configurations(count: int, tmp_path: Path) -> None:
    words = {"PORT": 1, "ADMIN": 2, "ORIGIN": 3, "LOG": "info", "WORKERS": 1, "RULES": rules(count)}
    text = configured("gateway.yaml", tmp_path, **words).read_text()
    shipped = len(quick_start("http://127.0.0.1:3").policy.rules)
    assert len(load_text(text, "gateway.yaml", {}).policy.rules) == shipped + count


@pytest.mark.parametrize("logs", [False, True])
def test_nothing_is_left_open_in_a_configuration(tmp_path: Path, *, logs: bool) -> None:
    for peer in PEERS:
        if peer.template:
            words = {
                "PORT": 1,
                "ADMIN": 2,
                "ORIGIN": 3,
                "RULES": "",
                "WORKERS": 1,
                "LOG": peer.log[logs],
                "LOCATIONS": "",
            }
            written = configured(peer.template, tmp_path, **words).read_text()
            assert "@" not in written.replace('"@type"', ""), peer.name


def test_peers_are_chosen_by_any_spelling_and_the_gateway_always() -> None:
    assert [peer.name for peer in chosen("haproxy,Plain-aiohttp")] == ["gateway", "HAProxy", "plain aiohttp"]
    assert chosen("all") == PEERS
    with pytest.raises(SystemExit, match="squid"):
        chosen("squid")


def test_the_archive_tells_how_often_it_was_asked() -> None:
    assert requests_in("Active connections: 1 \nserver accepts handled requests\n 16 16 4711 \nReading: 0\n") == 4711


def test_a_ratio_compares_within_rounds(result: dict[str, Any]) -> None:
    """The slow round is slow for both, so that it does not show."""
    assert ratio(result, "nginx", "2 KB search") == pytest.approx((5.0, 5.0, 5.0))
    assert ratio(result, "plain aiohttp", "16 MB instance") == pytest.approx((0.5, 0.5, 0.5))


def test_tables_show_who_was_limited_by_the_load_and_who_was_absent(result: dict[str, Any]) -> None:
    assert [row[0] for row in ratios(result).rows] == ["nginx", "plain aiohttp", "mitmproxy"]
    assert costs(result).rows[0] == ("gateway", "100 us", "100 us", "64 MiB")
    assert {row[0]: "*" in row[1] for row in latencies(result).rows}["nginx"]
    assert not {row[0]: "*" in row[1] for row in latencies(result).rows}["gateway"]
    assert participants(result).rows[-1][:2] == ("Envoy", "absent")


def test_a_table_is_markdown_and_survives_json() -> None:
    table = Table("T", ("a", "b"), (("x|y", "1"),), "Note.")
    assert markdown(table) == "### T\n\n| a | b |\n| --- | ---: |\n| x\\|y | 1 |\n\nNote.\n"
    assert from_plain(json.loads(json.dumps(table.plain()))) == table


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(2.5, "2.5 s"), (0.0135, "13.5 ms"), (0.000086, "86 us"), (0.001079, "1.08 ms"), (4.2e-7, "420 ns"), (0, "0 ns")],
)
def test_durations_have_the_unit_that_people_use(seconds: float, told: str) -> None:
    assert duration(seconds) == told


def test_the_picture_is_well_formed_and_shows_every_figure(result: dict[str, Any]) -> None:
    drawn = ElementTree.fromstring(plot.svg(result))
    words = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    for proxy in ("gateway", "nginx", "plain aiohttp", "mitmproxy"):
        assert words.count(proxy) == 2
    assert words.count("2 ms") == 2


def test_a_bar_beyond_all_others_is_cut(result: dict[str, Any]) -> None:
    drawn = plot.bars(result, "2 KB search")
    assert [(bar.name, bar.cut) for bar in drawn] == [
        ("nginx", False), ("gateway", False), ("plain aiohttp", False), ("mitmproxy", True),
    ]  # fmt: skip
    assert drawn[-1].share == 1.0


def test_the_page_holds_every_table_and_the_machine(result: dict[str, Any]) -> None:
    table = Table("A curve", ("a", "b"), (("x", "1"),)).plain()
    page = report.page(result, {"tables": [table]}, {"tables": [table]})
    assert page.count("### A curve") == 2
    assert machine()["processor"] in page
    assert "| 2 KB search | 100 us | 5,000 |" in page


def test_a_profile_counts_a_recursive_function_once() -> None:
    stacks = "main (a.py:1);f (a.py:2);f (a.py:3) 30\nmain (a.py:1);g (a.py:9) 10\n"
    own, within = hot.profile(stacks).split("\n\n")
    assert "  75.0%  f (a.py)" in own
    assert "  75.0%  f (a.py)" in within
    assert " 100.0%  main (a.py)" in within
