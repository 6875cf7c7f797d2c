"""Another project tests its own code with the fixture: a Django site of a few lines, no socket, no part of ours."""

import subprocess
import sys
from pathlib import Path

from tests.support import ROOT

SETTINGS = """
from wecom.sandbox.world import CREDENTIALS

SECRET_KEY = "only-for-this-test"
INSTALLED_APPS = ["wecom.sandbox"]
ROOT_URLCONF = "shop"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
SANDBOX_CALLBACK_URL = "http://testserver/hook/"
"""

SHOP = '''
"""A project of a stranger: wechatpy, one card, one callback."""

from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from wechatpy.enterprise import WeChatClient
from wechatpy.enterprise.crypto import WeChatCrypto
import xmltodict

from wecom.sandbox.world import CREDENTIALS

heard = []


def client():
    return WeChatClient(CREDENTIALS["CORP_ID"], CREDENTIALS["SECRET"])


def ask(member):
    card = {
        "card_type": "button_interaction",
        "main_title": {"title": "Ready for collection"},
        "task_id": "order-7",
        "button_list": [{"text": "Fetch", "key": "fetch"}],
    }
    body = {"touser": member, "msgtype": "template_card", "agentid": 1000042, "template_card": card}
    return client().post("message/send", data=body)


@csrf_exempt
def hook(request):
    crypto = WeChatCrypto(CREDENTIALS["CALLBACK_TOKEN"], CREDENTIALS["ENCODING_AES_KEY"], CREDENTIALS["CORP_ID"])
    query = (request.GET["msg_signature"], request.GET["timestamp"], request.GET["nonce"])
    message = xmltodict.parse(crypto.decrypt_message(request.body, *query))["xml"]
    heard.append(message)
    if message.get("Content") == "crash":
        raise RuntimeError("a mistake of the project")
    if message.get("Event") == "template_card_event":
        change = {"userids": [message["FromUserName"]], "agentid": 1000042, "response_code": message["ResponseCode"]}
        client().post("message/update_template_card", data={**change, "button": {"replace_name": "On its way"}})
    return HttpResponse()


urlpatterns = [path("hook/", hook)]
'''

CONFTEST = """
import socket

import pytest

pytest_plugins = ["wecom.sandbox.pytest_plugin"]


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
"""

TESTS = """
import pytest
import requests
import shop
from wecom.sandbox.taps import CannotTap


@pytest.fixture(autouse=True)
def quiet():
    shop.heard.clear()


def test_a_tap_is_answered(wecom_sandbox):
    shop.ask("lisi")
    delivery = wecom_sandbox.tap("lisi", "fetch")
    assert delivery["arrived"] and delivery["statuses"] == [200]
    assert wecom_sandbox.messages("lisi")[-1]["replace_text"] == "On its way"
    assert [call["path"] for call in wecom_sandbox.calls("message/send")] == ["message/send"]
    with pytest.raises(CannotTap):
        wecom_sandbox.tap("lisi", "fetch")


def test_every_test_has_a_platform_of_its_own(wecom_sandbox):
    assert wecom_sandbox.messages("lisi") == []
    assert wecom_sandbox.ledger()["calls"] == []


def test_a_project_that_takes_a_repeat_for_a_second_tap_is_found_out(wecom_sandbox):
    shop.ask("lisi")
    wecom_sandbox.fault("copies", 2, api="callback")
    assert wecom_sandbox.tap("lisi", "fetch")["statuses"] == [200, 500, 500, 500]  # 60140: the code is spent
    assert len(shop.heard) == 4


def test_what_takes_long_takes_no_time(wecom_sandbox):
    wecom_sandbox.fault("hang", 20, path="message/send")
    with pytest.raises(requests.Timeout):
        requests.post("https://qyapi.weixin.qq.com/cgi-bin/message/send?access_token=x", data=b"{}", timeout=5)


def test_a_mistake_in_the_project_is_a_500_that_is_tried_three_times(wecom_sandbox):
    delivery = wecom_sandbox.say("lisi", "crash")
    assert delivery["statuses"] == [500, 500, 500]
    assert not delivery["arrived"]


def test_time_members_and_menus(wecom_sandbox):
    wecom_sandbox.member("newcomer", name="New")
    shop.ask("newcomer")
    wecom_sandbox.later(73 * 3600)
    (code,) = wecom_sandbox.ledger()["codes"]
    assert code["state"] == "expired"
    assert wecom_sandbox.enter("newcomer")["event"] == "enter_agent"
    assert shop.heard[-1]["Event"] == "enter_agent"
"""


def test_another_project_uses_the_fixture_without_sockets(tmp_path: Path) -> None:
    parts = {"site_settings": SETTINGS, "shop": SHOP, "conftest": CONFTEST, "test_shop": TESTS}
    for name, text in parts.items():
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\nDJANGO_SETTINGS_MODULE = site_settings\npythonpath = .\n")
    surroundings = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    ran = subprocess.run(command, cwd=tmp_path, env=surroundings, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "6 passed" in ran.stdout
