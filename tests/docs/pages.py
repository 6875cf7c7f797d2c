"""The blocks of code in docs/wecom/*.md, as a reader finds them.

A block opens with its language, and what else is to be known of it:

    ```python                          runs with its page, after the blocks before it
    ```python settings                 a piece of settings.py: its names in capitals become settings
    ```python file=hello/handlers.py   what a reader puts at the end of that file
    ```python not run: why             for the eye alone
    expression  # → value              a promise: the test compares them
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from tests.support import ROOT

PAGES = sorted({*(ROOT / "docs" / "wecom").glob("*.md")} - {ROOT / "docs" / "wecom" / "reference.md"})  # that is made
_FENCE = re.compile(r"^```(\w*)[ ]*(.*)\n((?:(?!```).*\n)*)```$", re.MULTILINE)
_PROMISE = re.compile(r"^( *)(\S.*?) +# → (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """One block of code: where it stands, what is said of it, and its text."""

    page: Path
    line: int
    language: str
    info: str
    text: str

    @property
    def why_not_run(self) -> str:
        return self.info.partition("not run:")[2].strip()

    @property
    def file(self) -> str:
        return self.info.partition("file=")[2].strip()

    def compiled(self) -> CodeType:
        """The block with its promises as assertions; a failure names the page and its line."""
        code = _PROMISE.sub(r"\1assert (\2) == (\3), (\2)", self.text)
        return compile("\n" * self.line + code, str(self.page), "exec", dont_inherit=True)


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        yield Block(page, text.count("\n", 0, found.start()) + 1, found[1], found[2], found[3])
