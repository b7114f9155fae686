"""Every YAML block of the README and of docs/ can be used: as a configuration, as a part of one, or as a file of cases."""

import re
from collections.abc import Callable, Mapping

import pytest
import yaml

from gateway.config.case_files import read_text_of_cases
from gateway.config.lint import lint
from gateway.config.load import load_text
from gateway.config.reference.examples import EXAMPLES
from tests.documents.markdown import Block, pages
from tests.support.certificates import Authority

BLOCKS = [block for page in pages() for block in page.blocks if block.language in ("yaml", "yml")]
ENVIRON = {"REDIS_PASSWORD": "secret", "PACS_URL": "http://pacs.internal:8042"}
SMALLEST = {
    "version": "version: 1\n",
    "upstreams": "upstreams: {pacs: {url: 'http://pacs.internal:8042', rate: [{requests: 1}]}}\n",
}
# What is for another program. It must be YAML, and whoever marks a block so has it tested where this table says.
OTHERS: Mapping[str, str] = {
    "kubernetes": "a part of a manifest; whole ones are tested in tests/deploy",
    "compose": "a part of a compose file; the whole one is tested in tests/deploy",
    "prometheus": "a part of what Prometheus reads; the rules are tested in tests/deploy",
}
# Pages made from one example: tests/config reads it as a whole, and parts of it need not stand for themselves.
MADE = {"docs/configuration.md": "configuration", "docs/cases.md": "cases"}


def is_read(block: Block) -> bool:
    """Not what is for another program, for an editor, or a part of the example that the page is made from."""
    lines = [line.strip() for line in block.text.splitlines()]
    known = EXAMPLES[MADE[block.page]].split("\n") if block.page in MADE else []
    of_the_example = all(line in {other.strip() for other in known} for line in lines)
    return not block.mark and not of_the_example and not all(line.startswith("#") for line in lines)


def said(block: Block) -> str:
    return str(block)


@pytest.fixture(scope="module")
def with_files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """A configuration with files that exist in the place of those that a site would have."""
    folder = tmp_path_factory.mktemp("site")
    authority = Authority(folder)
    shown = authority.certificate()
    (folder / "log-key").write_text("x" * 32)
    names = {
        "cert_file": shown.cert,
        "key_file": shown.key,
        "ca_file": authority.file,
        "client_ca_file": authority.file,
    }
    names |= {"identifier_key_file": folder / "log-key"}

    def given(text: str) -> str:
        found = re.sub(r"\b(\w+_file): [^,}\s#]+", lambda match: f"{match[1]}: {names[match[1]]}", text)
        return re.sub(r"directory: /[^\s,}]+", f"directory: {folder / 'recordings'}", found)

    return given


def configuration(text: str) -> str:
    """The block, with what the smallest configuration has and it has not."""
    lacking = [line for key, line in SMALLEST.items() if not re.search(rf"^{key}:", text, re.MULTILINE)]
    return "".join(lacking) + text


@pytest.mark.parametrize("block", list(filter(is_read, BLOCKS)), ids=said)
def test_a_block_can_be_used(block: Block, with_files: Callable[[str], str]) -> None:
    if re.search(r"^(?:cases:|- name:)", block.text, re.MULTILINE):
        assert read_text_of_cases(block.text, str(block), ENVIRON).cases
        return
    assert lint(load_text(configuration(with_files(block.text)), str(block), ENVIRON)) == ()


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.mark], ids=said)
def test_a_block_for_another_program_is_yaml_at_least(block: Block) -> None:
    assert block.mark in OTHERS, f"{block}: {block.mark} is no mark that this test knows"
    assert [tree for tree in yaml.safe_load_all(block.text) if tree]


def test_no_block_is_without_a_language_that_looks_like_a_configuration() -> None:
    unmarked = [block for page in pages() for block in page.blocks if not block.language]
    assert [str(block) for block in unmarked if re.search(r"^(?:upstreams|rules|packs|mode):", block.text, re.M)] == []
