"""The sandbox as a process of its own beside a site: own database, nothing shared but HTTP."""

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from tests.sandbox.kit import a_card
from tests.sandbox.test_alone import alone
from tests.support import free_port, wait_until
from wecom import clients, dispatch
from wecom.handlers import on_card
from wecom.models import Callback


@pytest.mark.django_db(transaction=True)
def test_card_tap_reply_and_update_go_between_two_processes(
    tmp_path: Path, live_server: Any, settings: Settings
) -> None:
    port = free_port()
    app = {**settings.WECOM["default"], "API_BASE_URL": f"http://127.0.0.1:{port}/cgi-bin/"}
    settings.WECOM = {**settings.WECOM, "default": app}
    callback = f"{live_server.url}/wecom/callback/"
    with dispatch.alone(), alone(tmp_path / "log", "--callback-url", callback, port=port) as sandbox:
        on_card(at_once=lambda event: "处理中")(lambda: None)
        client = clients.get()
        sent = client.send(
            {"touser": "lisi", "agentid": 1000042, "msgtype": "template_card", "template_card": a_card()}
        )
        told = sandbox.control("tap", {"member": "lisi", "event_key": "confirm", "task_id": "lf-1@1", "wait": True})
        assert told["delivery"]["statuses"] == [200]
        wait_until(lambda: Callback.objects.filter(task_id="lf-1@1").exists(), what="the callback")
        change = {"userids": ["lisi"], "agentid": 1000042, "button": {"replace_name": "已推送"}}
        client.update_card({**change, "response_code": sent["response_code"]})
        (message,) = sandbox.ledger()["members"]["lisi"]["messages"]
        assert [(one["cause"], one["replace_text"]) for one in message["history"]] == [
            ("send", ""),
            ("reply", "处理中"),
            ("update", "已推送"),
        ]
