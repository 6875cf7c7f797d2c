"""Every block of Python in docs/wecom runs, page by page, against the sandbox in this process."""

import re
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from tests.docs.pages import PAGES, Block, blocks
from wecom import dispatch, inbox, outbox
from wecom.sandbox.testing import sandbox_in_this_process

MEANT = (46003, 60140)  # errcodes that the pages bring about: there is no menu, a code has died

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def work() -> None:
    """What `run_worker` does."""
    while inbox.drain() + outbox.drain():
        pass


@pages
@pytest.mark.django_db(transaction=True)
def test_every_block_of_python_runs_and_keeps_its_promises(page: Path, settings: Settings) -> None:
    settings.SANDBOX_CALLBACK_URL = "http://testserver/wecom/callback/"
    settings.UPDATE_AFTER_REPLY_MS = 0
    with sandbox_in_this_process() as sandbox, dispatch.alone():
        names: dict[str, Any] = {"__name__": "page", "wecom_sandbox": sandbox, "work": work}
        for block in blocks(page):
            if block.language == "python" and not (block.file or block.why_not_run):
                run(block, names, settings)
        assert {call["errcode"] for call in sandbox.calls()} <= {0, None, *MEANT}


def run(block: Block, names: dict[str, Any], settings: Settings) -> None:
    before = set(names)
    exec(block.compiled(), names)  # noqa: S102  the documentation of this very project
    if block.info == "settings":
        for name in filter(str.isupper, set(names)):
            setattr(settings, name, names[name])
    for name in sorted(set(names) - before):
        if name.startswith("test_"):
            names[name](names["wecom_sandbox"])


@pages
def test_a_block_that_does_not_run_says_why(page: Path) -> None:
    for block in blocks(page):
        known = not block.info or block.info == "settings" or block.why_not_run or block.file
        assert known, f"{page.name}:{block.line}: {block.info}"
    fences = re.findall(r"(?m)^```", page.read_text("utf-8"))
    assert len(fences) == 2 * len(list(blocks(page))), "a block that nobody found"


@pages
def test_a_page_is_short_and_begins_in_chinese(page: Path) -> None:
    lines = page.read_text("utf-8").splitlines()
    assert len(lines) < 200
    assert re.search(r"[\u4e00-\u9fff]{6}", "\n".join(lines[:8]))


@pages
def test_every_link_and_every_picture_leads_to_a_file(page: Path) -> None:
    for link in re.findall(r"(?:\]\(|src=\")([^)\s\"]+)", page.read_text("utf-8")):
        target = link.partition("#")[0]
        assert "://" in target or (page.parent / target).exists(), link


def test_the_index_names_every_page() -> None:
    index = (PAGES[0].parent / "README.md").read_text("utf-8")
    for page in PAGES[0].parent.glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index
