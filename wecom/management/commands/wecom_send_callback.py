"""Door: play WeCom towards a running server, with the app's own keys: one valid, encrypted callback."""

import secrets
import time
from argparse import ArgumentParser
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from wecom import conf, crypto
from wecom.errors import ConfigError

TIMEOUT = 5.0  # seconds, as WeCom waits
EXAMPLES = """
examples:
  wecom_send_callback --from lisi --task-id lf-1-1-ab12 --event-key confirm
  wecom_send_callback --event enter_agent --from lisi
  wecom_send_callback --previous-keys --task-id lf-1-1-ab12 --event-key confirm
  wecom_send_callback --msg-type text --from lisi --field Content=丢了雨伞
  wecom_send_callback --event scancode_push --event-key scan --field ScanCodeInfo/ScanResult=lf-42
  wecom_send_callback --event change_contact --from sys --field ChangeType=delete_user --field UserID=lisi
"""


class Command(BaseCommand):
    help = "Build a valid encrypted callback and post it to a running server." + EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--app", default=conf.DEFAULT, help="alias in settings.WECOM (default)")
        parser.add_argument("--url", help="where to post it (this site's own callback address)")
        parser.add_argument("--msg-type", default="event", help="MsgType (event)")
        parser.add_argument("--event", default="template_card_event", help="Event (template_card_event)")
        parser.add_argument("--from", dest="userid", default="zhangsan", help="FromUserName (zhangsan)")
        parser.add_argument("--task-id", help="TaskId")
        parser.add_argument("--event-key", help="EventKey")
        parser.add_argument("--card-type", default="button_interaction", help="CardType (button_interaction)")
        parser.add_argument(
            "--field",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="any element; A/B=VALUE inside another; repeatable",
        )
        parser.add_argument("--repeat", type=int, default=1, help="post the same message so many times (1)")
        parser.add_argument(
            "--previous-keys", action="store_true", help="seal with the first of the app's PREVIOUS_CALLBACK_KEYS"
        )
        parser.add_argument("--age", type=int, default=0, help="seconds that the timestamp lies back (0)")

    def handle(self, **options: Any) -> None:
        try:
            app = conf.app(options["app"])
        except ConfigError as exc:
            raise CommandError(str(exc), returncode=2) from exc
        site = str(getattr(settings, "SITE_URL", "")).rstrip("/")
        if not (options["url"] or site):
            raise CommandError("where to? Set SITE_URL, or name it: --url", returncode=2)
        url = options["url"] or site + reverse("wecom:callback_of", args=[app.alias])
        if options["previous_keys"] and not app.previous_callback_keys:
            raise CommandError(f"the app {app.alias!r} has no PREVIOUS_CALLBACK_KEYS", returncode=2)
        keys = app.callback_keys[1 if options["previous_keys"] else 0]
        message = _message(app, _fields(options))
        for number in range(options["repeat"]):
            query, body = seal(app, message.encode(), timestamp=int(time.time()) - options["age"], keys=keys)
            self._post(url, query, body, number=number + 1)

    def _post(self, url: str, query: dict[str, str], body: bytes, *, number: int) -> None:
        started = time.monotonic()
        try:
            answer = requests.post(url, params=query, data=body, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as exc:
            raise CommandError(f"no answer from {url}: {type(exc).__name__}. Is the server running?") from exc
        took = round((time.monotonic() - started) * 1000)
        if answer.status_code != requests.codes.ok:
            self.stdout.write(f"try={number} status={answer.status_code} ms={took}")
            raise CommandError(f"{url} answered {answer.status_code}; WeCom would send it again")
        said = "a passive reply" if answer.content else "an empty body"
        self.stdout.write(f"try={number} status={answer.status_code} ms={took} answered with {said}")


def seal(
    app: conf.App, message: bytes, *, timestamp: int, keys: conf.CallbackKeys | None = None
) -> tuple[dict[str, str], bytes]:
    """The query and body that WeCom would post for this message: a fresh nonce, a fresh random prefix.

    keys  which of the app's pairs; the current one where missing
    """
    keys = keys or app.callback_keys[0]
    nonce = secrets.token_hex(8)
    encrypted = crypto.encrypt(message, key=crypto.aes_key(keys.encoding_aes_key), receive_id=app.corp_id)
    signature = crypto.signature(keys.token, str(timestamp), nonce, encrypted)
    body = (
        f"<xml><ToUserName><![CDATA[{app.corp_id}]]></ToUserName><AgentID><![CDATA[{app.agent_id}]]></AgentID>"
        f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    )
    return {"msg_signature": signature, "timestamp": str(timestamp), "nonce": nonce}, body.encode()


def _fields(options: dict[str, Any]) -> list[tuple[str, str]]:
    """The message's own elements by their paths; --field has the last word, and adds what has no option of its own."""
    fields = {"MsgType": options["msg_type"]}
    if options["msg_type"] == "event":
        fields["Event"] = options["event"]
        fields["EventKey"] = options["event_key"] or ""
    else:
        fields["MsgId"] = str(secrets.randbelow(10**18))
    if options["task_id"]:
        fields |= {"TaskId": options["task_id"], "CardType": options["card_type"]}
        fields["ResponseCode"] = secrets.token_urlsafe(32)
    fields |= {"FromUserName": options["userid"], "CreateTime": str(int(time.time()))}
    inside = []  # of other elements, where one name may stand several times
    for pair in options["field"]:
        path, separator, value = pair.partition("=")
        if not separator or not all(name.isidentifier() for name in path.split("/")):
            raise CommandError(f"--field takes NAME=VALUE, not {pair!r}", returncode=2)
        if "/" in path:
            inside.append((path, value))
        else:
            fields[path] = value
    return [*fields.items(), *inside]


def _message(app: conf.App, fields: list[tuple[str, str]]) -> str:
    root = Element("xml")
    for path, value in [("ToUserName", app.corp_id), ("AgentID", str(app.agent_id)), *fields]:
        *way, name = path.split("/")
        spot = root
        for step in way:
            found = spot.find(step)
            spot = SubElement(spot, step) if found is None else found
        SubElement(spot, name).text = value
    return tostring(root, encoding="unicode")
