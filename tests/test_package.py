"""The app `wecom` as `pip install` of this repository brings it: everything inside, and it runs far from the clone."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT, unpacked_wheel

PATIENCE = 120
SETTINGS = """
from wecom.sandbox.world import CREDENTIALS

SECRET_KEY = "only-for-this-test"
INSTALLED_APPS = ["wecom", "wecom.sandbox", "django_htmx", "django.contrib.staticfiles"]
ROOT_URLCONF = "wecom.sandbox.urls_alone"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
WECOM = {"default": CREDENTIALS}
LANGUAGE_CODE = "zh-hans"
STATIC_URL = "/static/"
USE_TZ = True
"""
LOOK = """
import django
django.setup()
from pathlib import Path
import wecom
from django.conf import settings
from django.core.management import call_command
from django.template.loader import get_template
from django.utils.translation import gettext
from wecom.sandbox import apps

home = Path(wecom.__file__).parent
call_command("check", fail_level="WARNING")
call_command("makemigrations", "--check", "--dry-run", verbosity=0)
for path in [*home.rglob("templates/**/*.html")]:
    if "admin" not in path.parts:  # these need unfold's
        get_template(str(path).split("/templates/")[1])
print(home)
print(apps.SandboxConfig.verbose_name, gettext("WeCom sandbox"))
"""


ADMIN = """
INSTALLED_APPS += [f"django.contrib.{name}" for name in ("admin", "auth", "contenttypes", "messages", "sessions")]
"""
LOOK_AT_ADMIN = """
import sys
sys.modules["unfold"] = None  # as if it were not installed
import django
django.setup()
from django.contrib import admin

print([model for model in admin.site._registry if model._meta.app_label == "wecom"])
"""


def at_a_strangers(installed: Path, project: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Python in a folder with settings of its own, and nothing of this clone on its path."""
    ours = {"PYTHONPATH": f"{installed}:{project}", "DJANGO_SETTINGS_MODULE": "stranger", "LANG": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=project,
        env={"PATH": os.environ["PATH"], **ours},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel puts into site-packages; nothing is downloaded for it."""
    return unpacked_wheel(tmp_path_factory.mktemp("package"))


def test_it_holds_the_app_and_nothing_else_of_the_repository(installed: Path) -> None:
    assert {path.name for path in installed.iterdir() if path.suffix != ".dist-info"} == {"wecom"}
    assert (installed / "wecom" / "py.typed").is_file()
    ours = {path.relative_to(ROOT) for path in (ROOT / "wecom").rglob("*.py")}
    assert ours == {path.relative_to(installed) for path in installed.rglob("*.py")}


def test_every_template_that_its_code_names_is_inside(installed: Path) -> None:
    there = {str(path).split("/templates/")[1] for path in installed.rglob("templates/**/*.html")}
    texts = [path.read_text("utf-8") for path in installed.rglob("*") if path.suffix in (".py", ".html")]
    named = {name for text in texts for name in re.findall(r"""["']((?:wecom|admin)/[\w/]+\.html)["']""", text)}
    of_django = {"admin/base_site.html"}
    assert named - of_django <= there


def test_it_runs_far_from_the_clone_and_speaks_chinese(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "stranger.py").write_text(SETTINGS, "utf-8")
    ran = at_a_strangers(installed, tmp_path, LOOK)
    assert ran.returncode == 0, ran.stderr
    assert str(installed) in ran.stdout
    assert "企业微信沙箱" in ran.stdout


def test_a_project_whose_admin_is_django_s_own_starts_without_our_pages(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "stranger.py").write_text(SETTINGS + ADMIN, "utf-8")
    ran = at_a_strangers(installed, tmp_path, LOOK_AT_ADMIN)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["[]"]


def test_what_it_asks_for_is_what_this_project_installs() -> None:
    asked = [*project()["dependencies"], *(one for more in project()["optional-dependencies"].values() for one in more)]
    assert set(asked) <= set((ROOT / "requirements.in").read_text("utf-8").split())
