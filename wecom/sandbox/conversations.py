"""Decisions: which chats a member's client lists: one with each application, then the groups they are in.

A conversation is named by its key: "app-<agent id>" or "chat-<chatid>". The first application's is the usual one.
"""

from dataclasses import dataclass

from django.db.models import Max

from . import applications
from .applications import Application
from .models import Copy, GroupChat


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One line of the list of chats; `newest` grows with every message in it."""

    key: str
    title: str
    app: Application | None = None
    chat: GroupChat | None = None
    newest: int = 0

    @property
    def agent_id(self) -> str:
        return self.app.key if self.app else ""


def of_member(userid: str) -> list[Conversation]:
    """All of a member's, the usual one first."""
    shown = Copy.objects.filter(userid=userid, dropped=False)
    in_apps = dict(shown.filter(message__chat=None).values_list("message__agent_id").annotate(Max("id")))
    in_chats = dict(shown.exclude(message__chat=None).values_list("message__chat").annotate(Max("id")))
    apps = [
        Conversation(key=f"app-{app.key}", title=app.name, app=app, newest=in_apps.get(app.key, 0))
        for app in applications.every()
    ]
    chats = [
        Conversation(
            key=f"chat-{chat.chatid}",
            title=f"{chat.name} ({len(chat.members)})",
            chat=chat,
            newest=in_chats.get(chat.pk, 0),
        )
        for chat in GroupChat.objects.order_by("id")
        if userid in chat.members
    ]
    return apps + chats


def choose(conversations: list[Conversation], key: str) -> Conversation:
    """The one of that key, else the usual one."""
    return next((one for one in conversations if one.key == key), conversations[0])


def usual() -> Conversation:
    app = applications.first()
    return Conversation(key=f"app-{app.key}", title=app.name, app=app)
