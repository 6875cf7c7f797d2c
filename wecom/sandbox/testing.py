"""Door: what a test does with the platform: press, write, break things, look. `pytest_plugin` brings one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.test import Client

from . import delivery, faults, housekeeping, ledger, taps, world, worlds
from .adapter import WECOM, SandboxAdapter, instead_of_wecom
from .carrying import Heard
from .models import Delivery

__all__ = ["WeComSandbox", "sandbox_in_this_process"]


class WeComSandbox:
    """What a test can do with the platform. Every `Delivery` comes as its entry in the ledger, tries and all."""

    def __init__(self) -> None:
        self.adapter = SandboxAdapter(sleep=lambda seconds: None)
        self.credentials: Mapping[str, str] = dict(world.CREDENTIALS)
        self.robot_key = world.ROBOT_KEY

    # --- What members do --------------------------------------------------------------------------------------------

    def tap(
        self,
        member: str,
        event_key: str,
        *,
        task_id: str | None = None,
        message_id: int | None = None,
        selections: Mapping[str, Any] | None = None,
        agent_id: str = "",
    ) -> dict[str, Any]:
        """Press a button, or an entry of the card's menu; without a task_id on the member's newest card.

        Raises taps.CannotTap where there is no such button, or where it is grey.
        """
        if task_id is None and message_id is None:
            cards = [m for m in self.messages(member) if m["msgtype"] == "template_card"]
            message_id = cards[-1]["message_id"] if cards else None
        return self._ended(
            taps.tap(
                member=member,
                event_key=event_key,
                task_id=task_id,
                message_id=message_id,
                selections=selections,
                agent_id=agent_id,
            )
        )

    def say(self, member: str, text: str, *, agent_id: str = "") -> dict[str, Any]:
        """Write to the application."""
        return self._ended(taps.say(member=member, text=text, agent_id=agent_id))

    def enter(self, member: str, *, agent_id: str = "") -> dict[str, Any]:
        """Open the application."""
        return self._ended(taps.enter(member=member, agent_id=agent_id))

    def event(self, member: str, fields: Mapping[str, Any], *, agent_id: str = "") -> dict[str, Any]:
        """Anything else that the platform may tell, by its elements: {"MsgType": "event", "Event": "subscribe"}."""
        return self._ended(taps.happen(member=member, fields=fields, agent_id=agent_id))

    def press_menu(self, member: str, place: str, *, agent_id: str = "") -> dict[str, Any]:
        """Press the entry at "0" or "2.1" of the application's menu."""
        return self._ended(taps.press_menu(member=member, place=place, agent_id=agent_id))

    # --- What is seen -----------------------------------------------------------------------------------------------

    def ledger(self) -> dict[str, Any]:
        """The whole truth: see `ledger.build`."""
        return ledger.build()

    def messages(self, member: str) -> list[dict[str, Any]]:
        """What stands in the member's chats, oldest first, without what was dropped or recalled."""
        seen = ledger.build(member, parts=("members",))["members"].get(member.lower(), {"messages": []})["messages"]
        return [message for message in seen if message["visible"]]

    def calls(self, path: str = "") -> list[dict[str, Any]]:
        """The API calls so far, or those of one path such as "message/send"."""
        return [call for call in ledger.build(parts=("calls",))["calls"] if path in ("", call["path"])]

    # --- What goes wrong, and when ----------------------------------------------------------------------------------

    def load(self, script: str | Path) -> None:
        """Everything forgotten, and the world of this YAML made: its text, or a Path. Raises WorldError.

        See `script` for what it may say, and docs/worlds for some.
        """
        worlds.load(script.read_text("utf-8") if isinstance(script, Path) else script)

    def fault(
        self, kind: str, value: object = None, *, api: str = "api", path: str = "", count: int = 1, skip: int = 0
    ) -> None:
        """The next `count` times, after `skip` good ones, something goes wrong: see `faults`.

        api  "api" or "callback"
        No test has to wait: a late answer is a requests.ReadTimeout for a caller with less patience than that.
        """
        faults.add(scope=api, kind=kind, value=value, count=count, path=path, skip=skip)

    def later(self, seconds: int) -> None:
        """Let time pass on the platform: tokens, codes, files and rates age."""
        housekeeping.configure(advance=seconds)

    def member(self, userid: str, **fields: object) -> None:
        """Make a member or change one: name, alias, position, department, tags, visible, licensed."""
        housekeeping.put_member(userid=userid, **fields)

    def _ended(self, delivery: Any) -> dict[str, Any]:
        return ledger.delivery(Delivery.objects.get(pk=delivery.pk))


@contextmanager
def sandbox_in_this_process() -> Iterator[WeComSandbox]:
    """Inside the block `requests` meets the sandbox at WeCom's address, and callbacks come by Django's test client.

    It needs a database; everything in the sandbox is as on the first day.
    """
    housekeeping.reset()
    sandbox = WeComSandbox()
    site = f"{str(getattr(settings, 'SITE_URL', '') or WECOM).rstrip('/')}/sandbox/cgi-bin/"
    with delivery.carried_by(_to_the_test_client), instead_of_wecom(WECOM, site, adapter=sandbox.adapter):
        yield sandbox


def _to_the_test_client(method: str, url: str, query: Mapping[str, str], body: bytes, patience: float) -> Heard:
    """A callback for Django's test client; an exception in the view is the 500 that the platform would see."""
    path = f"{urlsplit(url).path}?{urlencode(query)}"
    client = Client(raise_request_exception=False)
    answer = client.generic(method, path, body, content_type="text/xml" if body else "application/octet-stream")
    return Heard(answer.status_code, answer.getvalue(), "", 0)
