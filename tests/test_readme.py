"""What the README and the operator's page promise exists: commands and their options, targets, variables, links."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from tests.support import ROOT

PAGES = [ROOT / "README.md", ROOT / "docs" / "production.md", ROOT / "docs" / "reliability.md"]
VARIABLE = r"(?:DJANGO|DATABASE|CACHE|WECOM|TASKS|RESPONSE_CODE|UPDATE_AFTER|SITE)_[A-Z0-9_]*[A-Z0-9]|PORT|TZ"
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def code(page: Path) -> Iterator[str]:
    """Each line of the blocks of code, without its comment, and each text between back quotes."""
    prose = []
    inside = False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = not inside
        elif inside:
            yield re.sub(r"\s#.*", "", line)
        else:
            prose.append(line)
    yield from re.findall(r"`([^`]+)`", "\n".join(prose))


def named(page: Path, pattern: str) -> list[re.Match[str]]:
    found = [match for text in code(page) for match in re.finditer(pattern, text)]
    assert found, f"{page.name} names none"
    return found


@pages
def test_every_command_exists_and_has_the_options_named(page: Path) -> None:
    known = get_commands()
    for match in named(page, r"manage\.py (\w+)([^\n;&|]*)"):
        name, rest = match[1], match[2]
        assert name in known, name
        app = known[name]
        command = load_command_class(app, name) if isinstance(app, str) else app
        options = command.create_parser("manage.py", name)._option_string_actions
        for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest):
            assert option in options, f"{name} {option}"


@pages
def test_every_target_of_make_exists(page: Path) -> None:
    targets = re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert {match[1] for match in named(page, r"\bmake ([a-z]+)")} <= set(targets)


@pages
def test_every_variable_is_in_the_example(page: Path) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    known = set(re.findall(r"(?m)^#?([A-Z][A-Z0-9_]*)=", example))
    told = {match[1].removesuffix("_FILE") for match in named(page, rf"(?<![A-Z0-9_])({VARIABLE})(?![A-Z0-9_…])")}
    assert told <= known


@pytest.mark.parametrize("page", [*PAGES, ROOT / "docs" / "operator.md"], ids=lambda page: page.name)
def test_every_picture_and_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    for link in links:
        target = link.partition("#")[0]
        if "://" not in target:
            assert (page.parent / target).is_file(), link


def test_the_readme_shows_the_phones_and_the_admin() -> None:
    text = PAGES[0].read_text(encoding="utf-8")
    for name in ("phones", "request", "admin"):
        picture = ROOT / "docs" / "img" / f"{name}.png"
        assert f"(docs/img/{name}.png)" in text
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size < 300_000, f"{name}.png is heavy"
