"""An app of its own at our endpoint, and the official library under Node."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.kit import REPLACED, Official
from tests.wecom.wire import card_on_the_phone
from wecom import dispatch
from wecom.handlers import on_card

HERE = Path(__file__).parent


@pytest.fixture
def app_of_its_own(db: None) -> Iterator[None]:
    """An app that handles taps and answers them at once, in place of the lost and found."""
    card_on_the_phone()
    with dispatch.alone():
        on_card(at_once=REPLACED)(lambda: None)
        yield


@pytest.fixture(scope="session")
def official(tmp_path_factory: pytest.TempPathFactory) -> Official:
    """@wecom/crypto, installed from the registry as package-lock.json pins it; required in CI, skipped elsewhere."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return _do_without("no Node on this machine: apt install nodejs npm")
    home = tmp_path_factory.mktemp("official")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, home)
    patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=20000"]
    install = [npm, "ci", "--prefix", str(home), "--ignore-scripts", "--no-audit", "--no-fund", *patience]
    done = subprocess.run(install, capture_output=True, text=True, timeout=120)
    if done.returncode:
        return _do_without(f"npm could not install @wecom/crypto: {done.stderr.strip()[-300:]}")

    def run(jobs: list[Any]) -> list[Any]:
        environment = {**os.environ, "NODE_PATH": str(home / "node_modules")}
        command = [node, str(HERE / "official.js")]
        ran = subprocess.run(
            command, input=json.dumps(jobs), env=environment, capture_output=True, text=True, timeout=60
        )
        assert ran.returncode == 0, ran.stderr
        return list(json.loads(ran.stdout))

    return Official(run)


def _do_without(why: str) -> Any:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)
