"""The words in Chinese: nothing is left out, nothing is doubtful, and what is compiled is what was written."""

import ast
import gettext
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from tests.support import ROOT

LOCALE = Path(settings.BASE_DIR) / "locale"
_QUOTED = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'


def entries(language: str, domain: str = "django") -> list[tuple[str, str, str]]:
    """(flags, msgid, msgstr) of every entry but the header."""
    text = (LOCALE / language / "LC_MESSAGES" / f"{domain}.po").read_text(encoding="utf-8")
    found = []
    for block in text.split("\n\n")[1:]:
        msgid, msgstr = (re.search(rf"^{name} {_QUOTED}", block, re.M) for name in ("msgid", r"msgstr(?:\[0\])?"))
        assert msgid, f"no entry: {block!r}"
        assert msgstr, f"no entry: {block!r}"
        flags = " ".join(re.findall(r"^#,.*", block, re.M))
        found.append((flags, _read(msgid[1]), _read(msgstr[1])))
    return found


def _read(quoted: str) -> str:
    return "".join(ast.literal_eval(line) for line in quoted.split("\n") if line.strip())


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_every_word_has_its_chinese(domain: str) -> None:
    left = [msgid for flags, msgid, msgstr in entries("zh_Hans", domain) if not msgstr or "fuzzy" in flags]
    assert left == []


def test_placeholders_are_the_same_in_both_languages() -> None:
    holes = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
    wrong = [
        msgid
        for _, msgid, msgstr in entries("zh_Hans")
        if sorted(holes.findall(msgid)) != sorted(holes.findall(msgstr))
    ]
    assert wrong == []


@pytest.mark.parametrize(("language", "domain"), [("zh_Hans", "django"), ("zh_Hans", "djangojs"), ("en", "django")])
def test_what_is_compiled_is_what_was_written(language: str, domain: str) -> None:
    with (LOCALE / language / "LC_MESSAGES" / f"{domain}.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    stale = [msgid for _, msgid, msgstr in entries(language, domain) if msgstr and compiled.gettext(msgid) != msgstr]
    stale = [msgid for msgid in stale if "\n" not in msgid and compiled.ngettext(msgid, msgid, 1) == msgid]
    assert stale == []


def test_no_word_in_the_code_is_missing_from_the_catalogue() -> None:
    known = {msgid for _, msgid, _ in entries("zh_Hans")}
    listed = subprocess.run(
        ["git", "ls-files", "wecom", "lostfound", "wecomsite"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    files = [ROOT / name for name in listed if name.endswith(".py") and "/migrations/" not in name]
    missing = {
        f"{path.relative_to(ROOT)}: {word}"
        for path in files
        if path.exists()
        for word in _words(path)
        if word not in known
    }
    assert missing == set()


def _words(path: Path) -> set[str]:
    names = {"_", "_g", "gettext", "gettext_lazy", "gettext_noop", "ngettext"}
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in names and call.args
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }


def test_pages_are_chinese_unless_one_asks_for_english() -> None:
    assert settings.LANGUAGE_CODE == "zh-hans"
    with translation.override("zh-hans"):
        assert translation.gettext("Contact requests") == "联系请求"
    with translation.override("en"):
        assert translation.gettext("Contact requests") == "Contact requests"
