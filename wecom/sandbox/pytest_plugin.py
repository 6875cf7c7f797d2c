"""Door: the sandbox as a fixture of pytest, for the tests of any Django project, without sockets and threads.

    # conftest.py                                   # settings of the tests
    pytest_plugins = ["wecom.sandbox.pytest_plugin"]    INSTALLED_APPS += ["wecom.sandbox"]
                                                        SANDBOX_CALLBACK_URL = "http://testserver/my/callback/"
    def test_a_tap_is_answered(wecom_sandbox):
        my_code_that_sends_a_card(to="lisi")        # by any SDK made on requests, to qyapi.weixin.qq.com
        wecom_sandbox.tap("lisi", "confirm")        # the callback has come and been answered when this returns
        assert wecom_sandbox.messages("lisi")[-1]["replace_text"] == "处理中"

The project uses `wecom_sandbox.credentials`. It needs pytest-django.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .testing import WeComSandbox

__all__ = ["wecom_sandbox"]


@pytest.fixture
def wecom_sandbox(db: None) -> "Iterator[WeComSandbox]":
    """A WeCom of this test's own, in this process."""
    from .testing import sandbox_in_this_process  # plugins are loaded before Django is set up

    with sandbox_in_this_process() as sandbox:
        yield sandbox
