"""Decisions: menu/create, menu/get and menu/delete, as documented.

Source: https://developer.work.weixin.qq.com/document/path/90231, 90232 and 90233
"""

from collections.abc import Mapping
from typing import Any

from . import access
from .applications import Application
from .asked import Request, json_body
from .errcodes import Refusal
from .models import Menu, World

BUTTONS = 3
SUB_BUTTONS = 5
NAME_BYTES = 16
KEY_BYTES = 128
URL_BYTES = 1024
WITH_KEY = (
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
)

Button = Mapping[str, Any]


def create(world: World, app: Application, request: Request) -> tuple[dict[str, Any], str]:
    """Replace the whole menu."""
    access.check_agent(app, request.query)
    buttons = check(json_body(request).get("button"))
    Menu.objects.update_or_create(agent_id=app.key, defaults={"buttons": buttons})
    return {"errcode": 0, "errmsg": "ok"}, ""


def get(world: World, app: Application, request: Request) -> tuple[dict[str, Any], str]:
    access.check_agent(app, request.query)
    buttons = of(app.key)
    if not buttons:
        raise Refusal(46003)
    return {"errcode": 0, "errmsg": "ok", "button": buttons}, ""


def delete(world: World, app: Application, request: Request) -> tuple[dict[str, Any], str]:
    access.check_agent(app, request.query)
    Menu.objects.filter(agent_id=app.key).delete()
    return {"errcode": 0, "errmsg": "ok"}, ""


def of(agent_id: str) -> list[dict[str, Any]]:
    """The buttons of an application's menu, [] where it has none."""
    menu = Menu.objects.filter(agent_id=agent_id).first()
    return list(menu.buttons) if menu else []


def entry(agent_id: str, place: str) -> dict[str, Any] | None:
    """The entry at a place such as "0" or "2.1"; None where there is none, or where it only opens another level."""
    level, found = of(agent_id), None
    for part in place.split("."):
        number = int(part) if part.isascii() and part.isdecimal() and len(part) < 3 else -1
        if not 0 <= number < len(level):
            return None
        found = level[number]
        level = found.get("sub_button") or []
    return None if level else found


def check(buttons: Any) -> list[dict[str, Any]]:
    """The buttons, if the platform takes them."""
    for button in _list(buttons, BUTTONS, 40016):
        _check_name(button, 40018)
        below = button.get("sub_button")
        if below:
            for sub in _list(below, SUB_BUTTONS, 40023):
                _check_name(sub, 40025)
                if sub.get("sub_button"):
                    raise Refusal(40022)
                _check_deed(sub, kind=40024, key=40026, url=40027)
        else:
            _check_deed(button, kind=40017, key=40019, url=40020)
    return list(buttons)


def _check_deed(button: Button, *, kind: int, key: int, url: int) -> None:
    match button.get("type"):
        case "view":
            if not _short(button.get("url"), URL_BYTES) or not button["url"].startswith(("http://", "https://")):
                raise Refusal(url)
        case "view_miniprogram":
            if not button.get("appid") or not button.get("pagepath"):
                raise Refusal(40058, "appid and pagepath")
        case known if known in WITH_KEY:
            if not _short(button.get("key"), KEY_BYTES):
                raise Refusal(key)
        case other:
            raise Refusal(kind, f"type {other!r}"[:80])


def _check_name(button: Button, errcode: int) -> None:
    if not _short(button.get("name"), NAME_BYTES):
        raise Refusal(errcode, f"1 to {NAME_BYTES} bytes")


def _list(value: Any, most: int, errcode: int) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not 1 <= len(value) <= most or not all(isinstance(one, dict) for one in value):
        raise Refusal(errcode, f"1 to {most}")
    return value


def _short(value: Any, most: int) -> bool:
    return isinstance(value, str) and 1 <= len(value.encode()) <= most
