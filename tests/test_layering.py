"""The layers hold: who may import whom, read off the syntax tree of every module.

The tables below are the rule; the design explains it. A module that no row names has no floor yet: give it one.
"""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import ROOT

# The four floors from the bottom up. A module imports from its own floor and those below it.
# A name covers the package of that name too.
FLOORS = {
    "wecom": {
        "Facts": "errors errcodes crypto xml payloads events cards messages recipients replies crash",
        "Plumbing": "conf fields models jobs leases clocks limits tokens client clients oauth members dispatch handlers"
        " masking wake listen alerts transactions affinity",
        "Decisions": "inbox outbox sent_cards watch worker retention forgetting standing doctor",
        "Door": "effects views urls tasks checks admin apps management",
    },
    "lostfound": {
        "Facts": "errors states wording pictures",
        "Plumbing": "conf fields models spoken sheets",
        "Decisions": "card_content selectors search matching chat for_members audit services retention erasure"
        " statistics",
        "Door": "handlers effects pages templatetags urls api checks admin apps management",
    },
}
# What the lost and found may see of wecom …
WECOM_FOR_LOSTFOUND = (
    "cards messages recipients replies events errors errcodes dispatch handlers outbox sent_cards clients fields oauth"
    " alerts members retention forgetting client"
)
# … and what some see besides: the admin shows the rows on wecom's own pages, made larger; where a person mends
# things, a callback is handled again.
WECOM_BESIDES = {
    "lostfound.admin": "models admin standing",
    "lostfound.services.recovery": "models inbox",
    "lostfound.audit": "models",
}
# Facts know neither the framework nor the network …
NOT_FOR_FACTS = ("django", "rest_framework", "requests", "environ", "wecomsite")
# … but a state may carry the word that people read.
STILL_FACTS = ("django.db.models.TextChoices", "django.utils.translation.gettext_lazy")
# The network is touched in these places only.
MAY_IMPORT_REQUESTS = (
    "wecom.client",
    "wecom.client.hooks",
    "wecom.client.sessions",
    "wecom.client.wire",
    "wecom.doctor",
    "wecom.sandbox.adapter",
    "wecom.sandbox.carrying",
    "wecom.management.commands.wecom_send_callback",
)
# What may lie at the top level of the repository.
TOP_LEVEL = (
    ".ci .env.example .gitignore CHANGELOG.md Makefile README.md docs locale lostfound manage.py pyproject.toml"
    " requirements-dev.txt requirements.in requirements.txt templates tests wecom wecomsite"
)
SITE, TESTS, SANDBOX = "wecomsite", "tests", "wecom.sandbox"


@dataclass(frozen=True)
class Import:
    """One imported name; `target` is the full dotted path, `from a.b import c` gives a.b.c."""

    target: str
    line: int

    def is_within(self, *packages: str) -> bool:
        return any(self.target == package or self.target.startswith(f"{package}.") for package in packages)


def imports_of(module: str, source: str, *, is_package: bool = False) -> Iterator[Import]:
    """Every import anywhere in the module, relative ones resolved."""
    parts = module.split(".")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = node.level - is_package
            base = parts[: len(parts) - up] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            yield from (Import(f"{prefix}.{alias.name}", node.lineno) for alias in node.names)


def floor_of(module: str) -> str | None:
    """The floor that the table gives to a module of wecom or lostfound, None where it gives none."""
    app, _, inside = module.partition(".")
    name = inside.partition(".")[0]
    return next((floor for floor, names in FLOORS.get(app, {}).items() if name in names.split()), None)


def is_floored(module: str) -> bool:
    """wecom and lostfound, but not the sandbox, migrations or the bare package itself."""
    inside = module.partition(".")[2]
    return module.startswith(("wecom.", "lostfound.")) and not inside.startswith(("sandbox", "migrations"))


def faults_of(module: str, source: str, *, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Every way in which one module breaks the rule, with its line."""
    imports = list(imports_of(module, source, is_package=is_package))
    for found in imports:
        yield from ((found.line, why) for why in _import_faults(module, found))
    if is_floored(module):
        yield from _floor_faults(module, source, imports)


def _import_faults(module: str, found: Import) -> Iterator[str]:
    app = module.partition(".")[0]
    in_sandbox = Import(module, 0).is_within(SANDBOX)
    if found.is_within("lostfound") and app == "wecom":
        yield "wecom never imports lostfound"
    if found.is_within(SANDBOX) and app not in (SITE, TESTS) and not in_sandbox:
        yield "only the site and the tests see the sandbox"
    if in_sandbox and found.is_within("wecom", "lostfound") and not found.is_within(SANDBOX):
        yield "the sandbox knows nothing of the rest: it is there to judge it"
    if found.is_within("requests") and module not in MAY_IMPORT_REQUESTS and app != TESTS:
        yield "the network is touched in wecom.client only"
    if app == "lostfound" and "migrations" not in module and found.is_within("wecom"):
        besides = (names for package, names in WECOM_BESIDES.items() if Import(module, 0).is_within(package))
        allowed = " ".join([WECOM_FOR_LOSTFOUND, *besides])
        if not found.is_within(*(f"wecom.{name}" for name in allowed.split())):
            yield f"lostfound sees only these of wecom: {allowed}"


def _floor_faults(module: str, source: str, imports: list[Import]) -> Iterator[tuple[int, str]]:
    floor = floor_of(module)
    if floor is None:
        yield 1, "stands on no floor: name it in FLOORS"
        return
    docstring = ast.get_docstring(ast.parse(source)) or ""
    if ast.parse(source).body and not docstring.startswith(f"{floor}:"):
        yield 1, f'the docstring opens with "{floor}:"'
    ladder = list(FLOORS["wecom"])
    for found in imports:
        above = floor_of(found.target)
        same_app = found.is_within(module.partition(".")[0])
        if above and ladder.index(above) > ladder.index(floor) and (same_app or floor == "Facts"):
            yield found.line, f"{floor} import nothing from {above}"
        if floor == "Facts" and found.is_within(*NOT_FOR_FACTS) and found.target not in STILL_FACTS:
            yield found.line, "Facts know neither framework nor network"


def modules() -> Iterator[tuple[Path, str]]:
    for path in sorted(path for top in ("wecom", "lostfound", "wecomsite") for path in (ROOT / top).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield path, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_module_keeps_to_its_floor() -> None:
    broken = [
        f"{path.relative_to(ROOT)}:{line}: {why}"
        for path, module in modules()
        for line, why in faults_of(module, path.read_text(encoding="utf-8"), is_package=path.name == "__init__.py")
    ]
    assert not broken, "\n" + "\n".join(broken)


def test_the_design_names_every_module_on_its_floor() -> None:
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    for floor in ("Facts", "Plumbing", "Decisions"):
        (row,) = [line for line in design.splitlines() if line.startswith(f"| {floor} |")]
        for app, column in (("wecom", 2), ("lostfound", 3)):
            there = {module.split(".")[1] for _, module in modules() if module.startswith(f"{app}.")}
            assert set(FLOORS[app][floor].split()) & there == set(row.split("|")[column].split()), (floor, app)


def test_the_top_level_holds_only_what_the_design_lists() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:  # an archive without its history
        names = {path.name for path in ROOT.iterdir() if not path.name.startswith(".") and path.is_dir()}
    else:
        names = {line.partition("/")[0] for line in listed.stdout.splitlines()}
    assert names - set(TOP_LEVEL.split()) == set()


@pytest.mark.parametrize(
    ("module", "source", "why"),
    [
        ("wecom.cards", '"""Facts: x."""\nimport django', "Facts know neither framework"),
        ("wecom.cards", '"""Facts: x."""\ndef f():\n    from requests import Session', "Facts know neither framework"),
        ("wecom.crypto", '"""Facts: x."""\nfrom .conf import app', "Facts import nothing from Plumbing"),
        ("lostfound.states", '"""Facts: x."""\nfrom wecom.outbox import owe', "Facts import nothing from Decisions"),
        ("wecom.client", '"""Plumbing: x."""\nfrom . import outbox', "Plumbing import nothing from Decisions"),
        ("wecom.outbox", '"""Decisions: x."""\nimport wecom.views', "Decisions import nothing from Door"),
        ("lostfound.services.items", '"""Decisions: x."""\nfrom ..admin import site', "nothing from Door"),
        ("wecom.inbox", '"""Decisions: x."""\nfrom lostfound import services', "wecom never imports lostfound"),
        ("lostfound.effects", '"""Door: x."""\nfrom wecom.models import Outgoing', "lostfound sees only these"),
        ("lostfound.effects", '"""Door: x."""\nfrom wecom import inbox', "lostfound sees only these"),
        ("lostfound.effects", '"""Door: x."""\nimport requests', "the network is touched"),
        ("wecom.worker", '"""Decisions: x."""\nfrom .sandbox import world', "only the site and the tests"),
        ("wecom.sandbox.api", "from wecom import crypto", "the sandbox knows nothing"),
        ("wecom.sandbox.api", "from ..crypto import encrypt", "the sandbox knows nothing"),
        ("wecom.sandbox.api", "from lostfound.models import Item", "the sandbox knows nothing"),
        ("wecom.novelty", '"""Plumbing: x."""', "stands on no floor"),
        ("wecom.inbox", '"""What came in."""', 'opens with "Decisions:"'),
        ("lostfound.management.commands.purge", "import sys", 'opens with "Door:"'),
    ],
)
def test_a_broken_rule_is_named(module: str, source: str, why: str) -> None:
    assert any(why in said for _, said in faults_of(module, source))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("lostfound.states", '"""Facts: x."""\nfrom django.db.models import TextChoices'),
        ("lostfound.admin.requests", '"""Door: x."""\nfrom wecom.models import Outgoing'),
        ("lostfound.services.requests", '"""Decisions: x."""\nfrom wecom import outbox\nfrom .. import card_content'),
        ("wecom.client", '"""Plumbing: x."""\nimport requests\nfrom .errors import WeComError'),
        ("wecom.sandbox.carrying", "import requests\nfrom .world import CREDENTIALS"),
        ("wecomsite.settings", "from wecom.sandbox.world import CREDENTIALS"),
        ("wecom.migrations.0001_initial", "from django.db import models\nimport wecom.fields"),
        ("wecom", ""),
    ],
)
def test_what_the_rule_allows_is_not_named(module: str, source: str) -> None:
    assert list(faults_of(module, source)) == []


def test_a_fault_is_found_with_its_line() -> None:
    found = list(faults_of("wecom.cards", '"""Facts: x."""\n\nimport django\n'))
    assert [line for line, _ in found] == [3]
