"""Settings from the environment, as a process finds them there."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support import child_environment

SHOW = """
import json
from django.conf import settings
app = settings.WECOM["default"]
print(json.dumps([app["SECRET"], app["CALLBACK_TOKEN"], settings.WECOM_DATA_KEYS]))
"""


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
