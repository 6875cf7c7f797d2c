"""Secrets that sing: each is played through the whole main job, and then looked for wherever somebody could look."""

import base64
import io
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import responses
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client

from lostfound import services
from tests.lostfound.member import logged_in
from tests.lostfound.world import FINDER, LOST, OWNER, SEND, UPDATE, WeCom, ask, card_of, found_item
from tests.security import addresses
from tests.security.permissions import expected
from tests.wecom.wire import make_due, message, post
from wecom import conf, inbox, outbox
from wecom.models import Attempt, Callback, Outgoing

CONTACT, WAITING = "13987654321", "13712345670"  # one was sent to the owner, the other is not agreed to
CODE = "RC_canary_code_of_a_card_0123456789"
TOKEN = "access_token_canary_0123456789abcdef"
WORDS = "canary words that a member wrote to the app"
MARKS = "canary marks that the desk alone may compare"
ASKED, NAME, STRANGER = "canary_userid_of_who_is_asked", "Canary Chen", "wangwu"
SECRETS = {
    "CORP_ID": "wwcanary0123456789",
    "AGENT_ID": "1000077",
    "SECRET": "canary-secret-of-the-app-0123456789",
    "CALLBACK_TOKEN": "CanaryCallbackToken0123456789",
    "ENCODING_AES_KEY": "CanaryAesKey0123456789abcdefghijklmnopqrstu",
    "API_BASE_URL": "https://qyapi.weixin.qq.com/cgi-bin/",
}
OF_THE_APP = [SECRETS[name] for name in ("SECRET", "CALLBACK_TOKEN", "ENCODING_AES_KEY")]
CANARIES = [CONTACT, WAITING, CODE, TOKEN, WORDS, *OF_THE_APP]
# What members may read besides: what was sent to them, what they typed, and who they are.
RIGHTS = {OWNER: {CONTACT, WORDS}, FINDER: {CONTACT, MARKS}, ASKED: {WAITING, ASKED, NAME}, STRANGER: set()}


def songs(canary: str) -> Iterator[bytes]:
    """The ways in which a canary may stand in bytes: as it is, escaped, in UTF-16, in hex, anywhere in base64."""
    raw = canary.encode()
    yield from (raw, quote(canary).encode(), canary.encode("utf-16-le"), raw.hex().encode())
    for shift in range(3):
        sealed = base64.b64encode(b"\0" * shift + raw)
        yield sealed[4 if shift else 0 : -4]


def heard(place: bytes, canaries: Sequence[str] = CANARIES) -> list[str]:
    return [canary for canary in canaries if any(song in place for song in songs(canary))]


@pytest.fixture
def platform(settings: Any) -> Iterator[WeCom]:
    settings.WECOM = {"default": SECRETS}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        made = WeCom(mock)
        mock.replace(
            responses.GET,
            f"{conf.app().api_base_url}gettoken",
            json={"errcode": 0, "access_token": TOKEN, "expires_in": 7200},
        )
        yield made


def play(platform: WeCom) -> None:
    """The main job with everything that can go wrong about it, and a member who writes to the app.

    Then the owner asks for another thing, and its finder does not answer.
    """
    item = found_item(contact_value=CONTACT, hidden_marks=MARKS)
    platform.will(SEND, LOST)
    request = ask(item)
    outbox.drain()
    make_due()
    outbox.drain()
    card = card_of(request)
    platform.codes[CODE] = card.task_id
    tap = {"FromUserName": FINDER, "TaskId": card.task_id, "EventKey": "confirm", "ResponseCode": CODE}
    client = Client()
    bad = post(client, msg_signature="0" * 40)
    assert bad.status_code == 403
    assert post(client, message(MsgType="text", Content=WORDS, MsgId="1", FromUserName=OWNER)).status_code == 200
    inbox.drain()
    outbox.drain()  # the app's answer, before the platform speaks of a contact: that is said of the contact's message
    assert any(WORDS[:10] in text for text in platform.seen_by(OWNER))
    for plain in (
        message(MsgType="event", Event="template_card_event", CardType="button_interaction", **tap),
        f"<xml>broken, {WORDS}, {CODE}".encode(),
    ):
        assert post(client, plain).status_code == 200
    platform.will(SEND, {"errcode": 40058, "errmsg": f"invalid content {CONTACT} access_token={TOKEN}"})
    platform.will(UPDATE, {"errcode": 60140, "errmsg": f"bad response_code {CODE}"}, LOST)
    for _ in range(4):
        make_due()
        inbox.drain()
        outbox.drain()
    for row in Outgoing.objects.filter(state__in=("parked", "dead"), kind="lostfound.deliver_contact"):
        services.retry_outgoing(outgoing_id=row.pk, by="desk")
    for _ in range(4):
        make_due()
        outbox.drain()
    assert any(CONTACT in text for text in platform.seen_by(OWNER))
    assert Callback.objects.filter(state="poison").exists()
    ask(found_item(contact_value=WAITING, reporter=ASKED))
    outbox.drain()


def dump() -> bytes:
    """The database as somebody who steals it gets it."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        name = Path(settings["NAME"])
        return b"".join(file.read_bytes() for file in name.parent.glob(f"{name.name}*"))
    where = ["--host", settings["HOST"], "--port", str(settings["PORT"] or 5432), "--username", settings["USER"]]
    environment = {"PGPASSWORD": settings["PASSWORD"], "PATH": "/usr/bin:/usr/local/bin:/bin"}
    done = subprocess.run(["pg_dump", *where, settings["NAME"]], env=environment, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.django_db(transaction=True)
def test_no_secret_is_heard_in_the_database_the_pages_the_exports_or_the_log(
    platform: WeCom, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    caplog.set_level("INFO", logger="django.db.backends")
    play(platform)
    assert heard(base64.b64encode(f"x{TOKEN}x".encode())) == [TOKEN]  # the ear is good
    assert heard(dump()) == []
    assert heard(caplog.text.encode()) == []
    out = io.StringIO()
    call_command("audit_export", stdout=out)
    assert heard(out.getvalue().encode()) == []
    assert heard(str(list(Attempt.objects.values())).encode()) == []

    root = User.objects.create_superuser("root")
    client = Client(headers={"accept-language": "en"})
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    assert _loud_pages(client, CANARIES) == {}

    for userid, rights in RIGHTS.items():
        client = logged_in(userid, name=NAME if userid == ASKED else "")
        assert client.get("/requests/").status_code == 200, "this is no member's browser"
        secrets = [canary for canary in [*CANARIES, MARKS, NAME, ASKED] if canary not in rights]
        assert _loud_pages(client, secrets) == {}, userid


def _loud_pages(client: Client, canaries: Sequence[str]) -> dict[str, list[str]]:
    """Where a canary is heard: every address by GET, and the page of every row of every model that has one."""
    loud = {}
    for pattern, method in expected():
        if method == "GET" and not pattern.startswith("sandbox/"):
            for address in addresses.examples(pattern):
                if found := heard(client.get(address).content, canaries):
                    loud[address] = found
    return loud
