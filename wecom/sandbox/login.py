"""Decisions: logging in: a member is chosen on a page of the platform, the code is worth their UserID once.

Source: https://developer.work.weixin.qq.com/document/path/91022, …/path/91023 and …/path/98152
"""

import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from . import applications, clock, people
from .applications import Application
from .asked import Request
from .errcodes import Refusal
from .models import LoginCode, World

LIFE = timedelta(minutes=5)
OUTSIDER = "@outsider"  # somebody from outside of the corporation: no member has such an id
STATE = re.compile(r"[A-Za-z0-9]{0,128}")


def application(query: Mapping[str, str]) -> Application | None:
    """Who asks for the login, or None where the address is not one that the platform would take."""
    back = urlsplit(query.get("redirect_uri", ""))
    if back.scheme not in ("http", "https") or not back.netloc or not STATE.fullmatch(query.get("state", "")):
        return None
    corp_id, agent_id = query.get("appid", ""), query.get("agentid", "")
    of_corp = [app for app in applications.every() if app.corp_id == corp_id]
    return next((app for app in of_corp if app.agent_id == agent_id or not agent_id), None)


def way_back(query: Mapping[str, str], *, code: str = "") -> str:
    """The address that the browser returns to; without a code where the member refused."""
    back = urlsplit(query["redirect_uri"])
    more = urlencode({**({"code": code} if code else {}), "state": query.get("state", "")})
    return urlunsplit(back._replace(query=f"{back.query}&{more}" if back.query else more, fragment=""))


def give_code(app: Application, userid: str) -> str:
    """A code for this member, or for the OUTSIDER."""
    with clock.change(chats=False) as world:
        made = LoginCode.objects.create(
            code=secrets.token_urlsafe(32), agent_id=app.key, userid=userid.lower(), issued_at=clock.now(world)
        )
    return made.code


def getuserinfo(world: World, app: Application, request: Request) -> tuple[dict[str, Any], str]:
    """Whose code it is; never asked about the same code twice."""
    fresh = clock.now(world) - LIFE
    code = LoginCode.objects.filter(code=request.query.get("code", ""), agent_id=app.key, issued_at__gt=fresh).first()
    if code is None or not LoginCode.objects.filter(pk=code.pk, used=False).update(used=True):
        raise Refusal(40029)
    if code.userid == OUTSIDER:
        return {"errcode": 0, "errmsg": "ok", "openid": f"o{secrets.token_hex(13)}"}, ""
    member = people.find([code.userid]).get(code.userid)
    if not people.in_range(member):
        raise Refusal(50002)
    return {"errcode": 0, "errmsg": "ok", "userid": code.userid}, ""
