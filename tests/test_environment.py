"""Settings from the environment, as a process finds them there."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT, child_environment

SHOW = """
import json
import runpy
from django.conf import settings
app = settings.WECOM["default"]
print(json.dumps([app["SECRET"], app["CALLBACK_TOKEN"], settings.WECOM_DATA_KEYS]))
"""


DATABASE = """
import json
import django
django.setup()
from django.db import connection, transaction
with connection.cursor() as cursor:
    found = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
print(json.dumps([*found, connection.transaction_mode]))
"""


def test_what_sqlite_was_given_is_on_the_disk_before_it_is_answered(tmp_path: Path) -> None:
    """No SIGKILL shows it, only a power cut; 2 is FULL."""
    site = {"DJANGO_SETTINGS_MODULE": "wecomsite.settings", "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"}
    environment = child_environment(**site)
    said = subprocess.run([sys.executable, "-c", DATABASE], env=environment, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout) == ["wal", 2, "IMMEDIATE"]


def test_a_secret_may_lie_in_a_file_and_the_line_break_at_its_end_is_no_part_of_it(tmp_path: Path) -> None:
    files = {"WECOM_SECRET": "of-the-app\n", "WECOM_CALLBACK_TOKEN": "Token1\r\n", "WECOM_DATA_KEYS": "new,old\n"}
    surroundings = {}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content.encode())
        surroundings[f"{name}_FILE"] = str(tmp_path / name)
    environment = {**child_environment(), "DATABASE_URL": "sqlite://:memory:", **surroundings}
    said = subprocess.run([sys.executable, "-c", SHOW], env=environment, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout) == ["of-the-app", "Token1", ["new", "old"]]


def test_apps_and_former_keys_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "WECOM_APPS": "hr, it-desk",
        "WECOM_CORP_ID": "wwmain",
        "WECOM_SANDBOX": "off",
        "WECOM_API_BASE_URL": "https://relay.example.com/cgi-bin/",
        "WECOM_PREVIOUS_CALLBACK_TOKEN": "Former",
        "WECOM_HR_CORP_ID": "wwother",
        "WECOM_HR_SECRET": "of-hr",
        "WECOM_HR_PREVIOUS_ENCODING_AES_KEY": "k" * 43,
        "WECOM_IT_DESK_AGENT_ID": "1000007",
        "WECOM_IT_DESK_API_BASE_URL": "https://it.example.com/cgi-bin/",
    }.items():
        monkeypatch.setenv(name, value)
    apps = runpy.run_path(str(ROOT / "wecomsite" / "settings.py"))["WECOM"]
    assert list(apps) == ["default", "hr", "it-desk"]
    assert [app["CORP_ID"] for app in apps.values()] == ["wwmain", "wwother", ""]
    assert [app["SECRET"] for app in apps.values()] == ["", "of-hr", ""]
    assert apps["it-desk"]["AGENT_ID"] == "1000007"
    assert apps["default"]["PREVIOUS_CALLBACK_KEYS"] == [{"CALLBACK_TOKEN": "Former", "ENCODING_AES_KEY": ""}]
    assert apps["hr"]["PREVIOUS_CALLBACK_KEYS"] == [{"CALLBACK_TOKEN": "", "ENCODING_AES_KEY": "k" * 43}]
    assert apps["it-desk"]["PREVIOUS_CALLBACK_KEYS"] == []
    relay = "https://relay.example.com/cgi-bin/"
    assert [app["API_BASE_URL"] for app in apps.values()] == [relay, relay, "https://it.example.com/cgi-bin/"]


def test_further_apps_borrow_no_secret_of_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WECOM_APPS", "hr")
    apps = runpy.run_path(str(ROOT / "wecomsite" / "settings.py"))["WECOM"]
    assert apps["default"]["SECRET"]
    assert apps["hr"]["SECRET"] == apps["hr"]["CALLBACK_TOKEN"] == ""
    assert apps["hr"]["API_BASE_URL"] == apps["default"]["API_BASE_URL"]
