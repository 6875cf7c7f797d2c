"""wechatpy, the library most Python projects have: its crypto at our endpoint, its client at our sandbox."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.test import Client
from wechatpy.enterprise import WeChatClient, parse_message
from wechatpy.enterprise.crypto import PrpCrypto, WeChatCrypto
from wechatpy.enterprise.exceptions import InvalidCorpIdException
from wechatpy.exceptions import InvalidSignatureException, WeChatClientException

from tests.interop.kit import NONCE, REPLACED, Reply, deliver, now, plain_replies, replaced, seal, texts
from tests.support import ROOT
from tests.wecom.wire import URL, message, post
from wecom import conf, crypto, xml
from wecom.models import Callback
from wecom.sandbox import delivery
from wecom.sandbox.testing import sandbox_in_this_process
from wecom.sandbox.world import CREDENTIALS

EVENTS = ROOT / "docs" / "vectors" / "events.json"


def theirs(**changes: str) -> Any:
    """wechatpy set up with our app's values."""
    app = conf.app()
    values = {"token": app.callback_token, "encoding_aes_key": app.encoding_aes_key, "corp_id": app.corp_id}
    return WeChatCrypto(**{**values, **changes})


@pytest.mark.django_db
@pytest.mark.usefixtures("app_of_its_own")
class TestCrypto:
    def test_our_endpoint_keeps_what_wechatpy_seals(self, client: Client) -> None:
        timestamp = now()
        for text in texts():
            sealed = xml.parse_message(theirs().encrypt_message(text, NONCE, timestamp).encode())
            encrypt, signature = (xml.text_of(sealed, name) for name in ("Encrypt", "MsgSignature"))
            assert deliver(client, encrypt=encrypt, signature=signature, timestamp=timestamp).status_code == 200
        assert [row.plaintext for row in Callback.objects.order_by("pk")] == texts()

    def test_wechatpy_opens_our_passive_reply(self, client: Client) -> None:
        body = post(client).content
        reply = Reply.of(body)
        opened = theirs().decrypt_message(body, reply.signature, reply.timestamp, reply.nonce)
        assert replaced(opened) == REPLACED

    def test_wechatpy_opens_every_sort_of_reply(self) -> None:
        for plain in plain_replies():
            body, reply = seal(plain)
            assert theirs().decrypt_message(body, reply.signature, reply.timestamp, reply.nonce) == plain

    def test_wechatpy_refuses_our_reply_under_other_keys(self, client: Client) -> None:
        body = post(client).content
        reply = Reply.of(body)
        with pytest.raises(InvalidSignatureException):
            theirs(token="another").decrypt_message(body, reply.signature, reply.timestamp, reply.nonce)
        with pytest.raises(InvalidCorpIdException):
            theirs(corp_id="wwother").decrypt_message(body, reply.signature, reply.timestamp, reply.nonce)

    def test_the_check_of_the_url_passes_when_wechatpy_asks(self, client: Client) -> None:
        app, timestamp = conf.app(), now()
        echostr = PrpCrypto(crypto.aes_key(app.encoding_aes_key)).encrypt("42", app.corp_id).decode()
        signature = crypto.signature(app.callback_token, timestamp, NONCE, echostr)
        query = {"msg_signature": signature, "timestamp": timestamp, "nonce": NONCE, "echostr": echostr}
        assert client.get(URL, query).content == b"42"
        assert theirs().check_signature(signature, timestamp, NONCE, echostr) == "42"

    def test_wechatpy_opens_whatever_we_seal(self) -> None:
        app = conf.app()
        key = crypto.aes_key(app.encoding_aes_key)
        sealed = [crypto.encrypt(text.encode(), key=key, receive_id=app.corp_id) for text in texts()]
        assert [PrpCrypto(key).decrypt(text, app.corp_id) for text in sealed] == texts()

    @pytest.mark.parametrize("sort", ["text", "image"])
    def test_wechatpy_reads_our_vectors_of_messages_as_we_do(self, sort: str) -> None:
        found = [case for case in json.loads(EVENTS.read_text("utf-8"))["events"] if case["fields"]["type"] == sort]
        assert found
        for case in found:
            fields, read = case["fields"], parse_message(case["xml"])
            assert (read.type, read.source, int(read.agent)) == (sort, fields["userid"], int(fields["agent_id"]))
            assert str(read.id) == fields["msg_id"]
            ours = (fields["content"],) if sort == "text" else (fields["pic_url"], fields["media_id"])
            theirs = (read.content or "",) if sort == "text" else (read.image, read.media_id)
            assert theirs == ours

    def test_a_repeat_that_wechatpy_seals_is_a_repeat_of_ours(self, client: Client) -> None:
        post(client)
        timestamp = now()
        again = xml.parse_message(theirs().encrypt_message(message().decode(), NONCE, timestamp).encode())
        encrypt, signature = (xml.text_of(again, name) for name in ("Encrypt", "MsgSignature"))
        assert deliver(client, encrypt=encrypt, signature=signature, timestamp=timestamp).content == b""
        assert Callback.objects.get().repeats == 1


class Enterprise(WeChatClient):  # type: ignore[misc]  # wechatpy ships no types
    """wechatpy's client with its base address changed; the one for gettoken is written into its source."""

    def __init__(self, base: str, secret: str = CREDENTIALS["SECRET"]) -> None:
        self.API_BASE_URL = base
        super().__init__(CREDENTIALS["CORP_ID"], secret, timeout=10)

    def fetch_access_token(self) -> Any:
        secret = {"corpid": self.corp_id, "corpsecret": self.secret}
        return self._fetch_access_token(url=f"{self.API_BASE_URL}gettoken", params=secret)


AGENT = int(CREDENTIALS["AGENT_ID"])
CARD = {
    "card_type": "button_interaction",
    "main_title": {"title": "有人认领您捡到的工卡"},
    "task_id": "wechatpy-1",
    "button_list": [{"text": "确认", "style": 1, "key": "confirm"}],
}


@pytest.mark.django_db(transaction=True)
class TestClient:
    @pytest.fixture
    def sandbox(self, live_server: Any, settings: Any) -> Iterator[str]:
        settings.SANDBOX_CALLBACK_URL = f"{live_server.url}/wecom/callback/"
        yield f"{live_server.url}/sandbox/"
        assert delivery.join(30), "a delivery is still under way"

    @pytest.fixture
    def wechatpy(self, sandbox: str) -> Enterprise:
        return Enterprise(f"{sandbox}cgi-bin/")

    @staticmethod
    def chat(sandbox: str, member: str) -> list[dict[str, Any]]:
        ledger = requests.get(f"{sandbox}control/ledger/", timeout=10).json()
        return list(ledger["members"][member]["messages"])

    def test_it_gets_a_token_and_keeps_it(self, wechatpy: Enterprise) -> None:
        first = wechatpy.access_token
        assert first
        assert wechatpy.fetch_access_token()["access_token"] == first == wechatpy.access_token

    def test_a_wrong_secret_is_refused_with_the_errcode_it_knows(self, sandbox: str) -> None:
        with pytest.raises(WeChatClientException) as raised:
            Enterprise(f"{sandbox}cgi-bin/", secret="wrong").fetch_access_token()
        assert raised.value.errcode == 40001

    def test_a_text_reaches_the_member(self, wechatpy: Enterprise, sandbox: str) -> None:
        answer = wechatpy.message.send_text(AGENT, ["zhangsan", "nobody"], "你好，《雨伞》☂")
        assert (answer["errcode"], answer["invaliduser"]) == (0, "nobody")
        (seen,) = self.chat(sandbox, "zhangsan")
        assert "你好，《雨伞》☂" in str(seen)

    def test_a_member_is_found_in_the_address_book(self, wechatpy: Enterprise) -> None:
        assert wechatpy.user.get("zhangsan")["name"] == "张三"
        with pytest.raises(WeChatClientException) as raised:
            wechatpy.user.get("nobody")
        assert raised.value.errcode == 60111

    def test_a_token_that_is_refused_is_renewed_by_wechatpy_itself(self, wechatpy: Enterprise) -> None:
        wechatpy.session.set(wechatpy.access_token_key, "invented")
        assert wechatpy.user.get("lisi")["userid"] == "lisi"

    def test_it_asks_for_tokens_without_an_end(self, db: None) -> None:
        """What docs/wecom/migrating-from-wechatpy.md says of it."""
        wechatpy = WeChatClient(CREDENTIALS["CORP_ID"], CREDENTIALS["SECRET"])
        with sandbox_in_this_process() as wecom:
            wecom.fault("errcode", 40001, path="user/get", count=10_000)
            with pytest.raises(RecursionError):
                wechatpy.user.get("lisi")
        assert wecom.ledger()["gettoken"]["calls"] > 100

    @pytest.mark.usefixtures("app_of_its_own")
    def test_a_card_is_sent_tapped_and_updated(self, wechatpy: Enterprise, sandbox: str) -> None:
        message = {"msgtype": "template_card", "template_card": CARD}
        code = wechatpy.message.send(AGENT, "zhangsan", msg=message)["response_code"]
        tap = {"member": "zhangsan", "task_id": "wechatpy-1", "event_key": "confirm"}
        assert requests.post(f"{sandbox}control/tap/", json=tap, timeout=10).ok
        assert delivery.join(30)
        kept = Callback.objects.get()
        assert (kept.event, kept.userid, kept.event_key, kept.state) == (
            "template_card_event",
            "zhangsan",
            "confirm",
            "waiting",
        )
        update = {
            "agentid": AGENT,
            "userids": ["zhangsan"],
            "response_code": code,
            "button": {"replace_name": "已推送"},
        }
        assert wechatpy.post("message/update_template_card", data=update)["errcode"] == 0
        assert "已推送" in str(self.chat(sandbox, "zhangsan"))
        with pytest.raises(WeChatClientException):
            wechatpy.post("message/update_template_card", data=update)
