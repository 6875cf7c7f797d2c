"""Settings under which nothing starts: neither a command nor the web server, and never a secret in what is said."""

import subprocess
import sys
from typing import Any

import pytest
from django.core.checks import run_checks

from tests.support import ROOT

REAL = {
    "DJANGO_SECRET_KEY": "k" * 50,
    "DJANGO_ALLOWED_HOSTS": "lost.example.com",
    "DJANGO_ENV_FILE": "/dev/null",
    "DATABASE_URL": "sqlite://:memory:",
    "WECOM_CORP_ID": "ww5a6f0c1d2e3b4a59",
    "WECOM_AGENT_ID": "1000042",
    "WECOM_SECRET": "TheSecretOfTheApp",
    "WECOM_CALLBACK_TOKEN": "Token",
    "WECOM_ENCODING_AES_KEY": "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq",
}
START_WEB = [sys.executable, "-c", "import wecomsite.wsgi"]
CHECK = [sys.executable, "manage.py", "check"]


def run(command: list[str], **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {**REAL, **changes}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def test_good_settings_start() -> None:
    for command in (START_WEB, CHECK):
        done = run(command)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"DJANGO_SECRET_KEY": ""}, "site.E001"),
        ({"DJANGO_SECRET_KEY": "change-me"}, "site.E001"),
        ({"DJANGO_SECRET_KEY": "django-insecure-" + "k" * 50}, "site.E001"),
        ({"DJANGO_DEBUG": "on"}, "site.E002"),
        ({"DJANGO_ALLOWED_HOSTS": "*"}, "site.E003"),
        ({"WECOM_SANDBOX": "on"}, "wecom.E010"),
        ({"WECOM_ENCODING_AES_KEY": "A" * 44}, "wecom.E006"),
        ({"WECOM_SECRET": "TheSecretOfTheApp\nof-two-lines"}, "wecom.E004"),
        ({"WECOM_API_BASE_URL": "http://qyapi.example.com/cgi-bin/"}, "wecom.E008"),
    ],
)
def test_a_dangerous_setting_stops_commands_and_the_web_server(changes: dict[str, str], expected: str) -> None:
    for command, code in ((START_WEB, 3), (CHECK, 1)):
        done = run(command, **changes)
        assert done.returncode == code, done.stderr
        assert expected in done.stderr
        assert "Traceback" not in done.stderr
        assert "TheSecretOfTheApp" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UPDATE_AFTER_REPLY_MS", "soon"),
        ("PORT", "http"),
        ("WECOM_INSTANT_FEEDBACK", "ture"),
        ("DJANGO_DEBUG", "maybe"),
    ],
)
def test_a_value_that_cannot_be_read_is_named(name: str, value: str) -> None:
    done = run(CHECK, **{name: value})
    assert done.returncode == 1
    assert f"ImproperlyConfigured: {name}: " in done.stderr


def test_the_demonstration_is_left_in_peace(settings: Any) -> None:
    settings.DEBUG = settings.WECOM_SANDBOX = True
    assert run_checks(tags=["security"]) == []


@pytest.mark.django_db(transaction=True)
def test_a_worker_without_a_cache_table_says_what_to_do(settings: Any) -> None:
    from django.core.management import CommandError, call_command

    missing = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "no_such_table"}
    settings.CACHES = {**settings.CACHES, "wecom": missing}
    with pytest.raises(CommandError, match="createcachetable") as caught:
        call_command("run_worker")
    assert caught.value.returncode == 3
