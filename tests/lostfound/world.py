"""A small WeCom for the tests of the decisions: it keeps what every member sees and spends each code once."""

import itertools
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests as http
import responses
from django.db import transaction
from django.utils import timezone

from lostfound import services
from lostfound.models import Card, ContactRequest, Item, TimelineEntry
from lostfound.states import ItemKind
from wecom import conf, dispatch, outbox, sent_cards
from wecom.dispatch import Ignored, Received
from wecom.events import TemplateCardEvent
from wecom.models import Outgoing

FINDER, OWNER, PHONE = "lisi", "zhangsan", "13800138000"
SEND, UPDATE, RECALL = "message/send", "message/update_template_card", "message/recall"
LOST = "lost"  # the work is done, the answer never comes back
KILLED = "killed"  # the work is done, the worker does not live to see it
DEAD_CODE = {"errcode": 60140, "errmsg": "invalid response_code"}

_numbers = itertools.count(1)


class Killed(BaseException):
    """As sudden as SIGKILL: nothing in our code catches it."""


class WeCom:
    """`faults[path]` holds what the next calls come to: an answer, LOST, KILLED, or an exception before any work."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.faults: dict[str, list[Any]] = {SEND: [], UPDATE: [], RECALL: []}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.texts: list[tuple[str, str]] = []
        self.notices: list[tuple[str, dict[str, Any]]] = []
        self.cards: dict[str, str] = {}  # task_id → what stands on the buttons
        self.codes: dict[str, str] = {}  # unspent code → task_id
        self.recalled: list[str] = []
        self.hook: Callable[[str, dict[str, Any]], object] | None = None
        base = conf.app().api_base_url
        mock.add(responses.GET, f"{base}gettoken", json={"errcode": 0, "access_token": "t", "expires_in": 7200})
        for path, work in ((SEND, self._send), (UPDATE, self._update), (RECALL, self._recall)):
            mock.add_callback(responses.POST, base + path, callback=self._answering(path, work))

    def will(self, path: str, *faults: Any) -> None:
        self.faults[path] += faults

    def paths(self) -> list[str]:
        return [path for path, _ in self.calls]

    def seen_by(self, member: str) -> list[str]:
        return [text for to, text in self.texts if to == member]

    def new_code(self, task_id: str) -> str:
        code = f"RC_made_up_{next(_numbers):08}"
        self.codes[code] = task_id
        return code

    def _answering(self, path: str, work: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable:
        def answer(request: Any) -> tuple[int, dict, str]:
            body = json.loads(request.body)
            self.calls.append((path, body))
            fault = self.faults[path].pop(0) if self.faults[path] else None
            if isinstance(fault, Exception):
                raise fault
            if isinstance(fault, dict) and fault.get("errcode"):
                return 200, {}, json.dumps(fault)
            result = work(body)
            if self.hook:
                self.hook(path, body)
            if fault == KILLED:
                raise Killed
            if fault == LOST:
                raise http.exceptions.ReadTimeout("no answer")
            return 200, {}, json.dumps({**result, **(fault or {})})

        return answer

    def _send(self, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = {"errcode": 0, "errmsg": "ok", "msgid": f"msg{next(_numbers)}"}
        if body["msgtype"] == "text":
            if (body["touser"], body["text"]["content"]) not in self.texts:  # the duplicate check
                self.texts.append((body["touser"], body["text"]["content"]))
            return answer
        task_id = body["template_card"].get("task_id")
        if task_id is None:  # a notice, which asks nothing
            if (body["touser"], body["template_card"]) not in self.notices:  # the duplicate check
                self.notices.append((body["touser"], body["template_card"]))
            return answer
        if task_id in self.cards:
            return {"errcode": 42014, "errmsg": "task_id exists"}
        self.cards[task_id] = "确认 / 婉拒"
        return {**answer, "response_code": self.new_code(task_id)}

    def _update(self, body: dict[str, Any]) -> dict[str, Any]:
        task_id = self.codes.pop(body["response_code"], None)
        if task_id is None:
            return DEAD_CODE
        self.cards[task_id] = body["button"]["replace_name"]
        return {"errcode": 0, "errmsg": "ok"}

    def _recall(self, body: dict[str, Any]) -> dict[str, Any]:
        self.recalled.append(body["msgid"])
        return {"errcode": 0, "errmsg": "ok"}


def found_item(**values: Any) -> Item:
    usual = {"title": "黑色雨伞", "reporter": FINDER, "contact_channel": "phone", "contact_value": PHONE}
    return services.report_item(**{"kind": ItemKind.FOUND, "place": "二号楼食堂", **usual, **values})


def lost_item(**values: Any) -> Item:
    usual = {"title": "黑色雨伞", "reporter": OWNER, "category": "umbrella"}
    return services.report_item(**{"kind": ItemKind.LOST, "place": "二号楼食堂", **usual, **values})


def ask(item: Item | None = None, owner: str = OWNER, **values: Any) -> ContactRequest:
    request, _ = services.ask_for_contact(item_id=(item or found_item()).pk, owner=owner, **values)
    return request


def asked(**values: Any) -> Card:
    """A question that stands on the finder's phone."""
    request = ask(**values)
    outbox.drain()
    return card_of(request)


def card_of(request: ContactRequest, round_: int = 1) -> Card:
    return Card.objects.select_related("request").get(request=request, round=round_)


def tap(
    card: Card,
    key: str = "confirm",
    *,
    member: str = FINDER,
    code: str = "",
    quiet_until: datetime | None = None,
    received_at: datetime | None = None,
    app: str = "default",
) -> str:
    """Hand one press to the handler, as the inbox does; why it was ignored, or an empty text."""
    event = TemplateCardEvent(
        app=app, userid=member, task_id=card.task_id, event_key=key, response_code=code, agent_id="1"
    )
    received = Received(
        callback_id=next(_numbers),
        app=app,
        event=event,
        received_at=received_at or timezone.now(),
        quiet_until=quiet_until,
    )
    if kept := sent_cards.by_task_id(event.task_id, app=app):
        sent_cards.keep_tap(
            kept,
            event=event,
            received_at=received.received_at,
            quiet_until=quiet_until,
            cause=f"callback {received.callback_id}",
        )
    with transaction.atomic():
        route = dispatch.find(event)
        verdict = route.handler(event=event, received=received) if route else Ignored("no handler")
    return verdict.why if isinstance(verdict, Ignored) else ""


def drain_later() -> None:
    """Let time pass for all that waits, and deliver it."""
    outbox.drain()
    for _ in range(20):
        waiting = Outgoing.objects.filter(state="waiting")
        if not waiting.update(due_at=timezone.now() - timedelta(seconds=1)):
            break
        outbox.drain()


def killed() -> None:
    """The worker dies at its next call, after WeCom has done the work; its lease runs out."""
    with pytest.raises(Killed):
        outbox.drain()
    past = timezone.now() - timedelta(seconds=1)
    Outgoing.objects.filter(state="running").update(lease_until=past)


def owed(kind: str, **which: Any) -> Outgoing:
    return Outgoing.objects.get(kind=f"lostfound.{kind}", **which)


def events(request: ContactRequest) -> list[str]:
    return list(TimelineEntry.objects.filter(request=request).values_list("event", flat=True))


def states(card: Card) -> tuple[str, str, str]:
    """What the request, the contact and the card say now."""
    card.refresh_from_db()
    request = ContactRequest.objects.get(pk=card.request_id)
    return request.state, request.delivery, card.state
