"""Decisions: one API call from its bytes to its answer, without a socket.

    platform.handle("POST", "message/send", {"access_token": "…"}, b"{…}")  ->  (200, {"Content-Type": …}, b"{…}")

A call is judged, done and written into the wire log in one short transaction, and suffers what `faults` has for it.
The platform answers HTTP 200 with an errcode; a path it does not know is a 404.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from . import access, clock, counts, faults, groups, login, media, menus, people, sending, updating, wirelog
from .applications import Application
from .asked import File, Request, json_body
from .errcodes import Refusal
from .faults import Plan
from .models import World

Answer = tuple[int, dict[str, str], bytes]

DRIP = "X-Sandbox-Drip"  # tells the web door to send the body one byte a second
_JSON = {"Content-Type": "application/json; charset=UTF-8"}
_HTML = {"Content-Type": "text/html"}

sleep = time.sleep


Work = Callable[[World, Application, Request], tuple[dict[str, Any] | File, str]]
RobotWork = Callable[[World, Request, str], tuple[dict[str, Any], str]]


def handle(
    method: str,
    path: str,
    query: Mapping[str, str],
    body: bytes,
    content_type: str = "",
    *,
    wait: Callable[[float], None] | None = None,
) -> Answer:
    """Answer one call; `path` is what follows /cgi-bin/, `content_type` is needed for forms only.

    wait  what to do instead of sleeping where a fault wants the caller to wait: gets the seconds
    """
    wait = wait or sleep
    clean = {key: value.replace("\0", "") for key, value in query.items()}
    request = Request(method=method, path=path.strip("/"), query=clean, raw=body, content_type=content_type)
    if request.path not in ROUTES | ROBOT_ROUTES and request.path != "gettoken":
        return 404, _HTML, b"<html><body><h1>404 Not Found</h1></body></html>"
    plan = faults.for_call(request.path)
    wait(plan.seconds("delay"))
    answer = _instead_of_work(request, plan) or _work(request, plan)
    wait(plan.seconds("delay_after") + plan.number("hang") + plan.number("hang_before"))
    return _spoilt(answer, plan)


def _work(request: Request, plan: Plan) -> Answer:
    started = time.perf_counter()
    with clock.change(chats=request.path.startswith(SHOWN)) as world:
        if "revoke" in plan:
            access.revoke_all()
        try:
            body, note = _decide(world, request)
        except Refusal as refusal:
            body, note = refusal.answer(), ""
        answer = (200, dict(body.headers), body.content) if isinstance(body, File) else _json(body)
        wirelog.keep_call(request, answer, world=world, plan=plan, note=note, ms=_since(started))
    return answer


def _decide(world: World, request: Request) -> tuple[dict[str, Any] | File, str]:
    if request.path == "gettoken":
        return access.gettoken(world, request.query), ""
    if request.path in ROBOT_ROUTES:
        return ROBOT_ROUTES[request.path](world, request, request.query.get("key", ""))
    app = access.caller(world, request.query)
    return ROUTES[request.path](world, app, request)


def _send(world: World, app: Application, request: Request) -> tuple[dict[str, Any], str]:
    return sending.send(world, app, json_body(request), request.raw)


def _update(world: World, app: Application, request: Request) -> tuple[dict[str, Any], str]:
    return updating.update(world, app, json_body(request))


def _recall(world: World, app: Application, request: Request) -> tuple[dict[str, Any], str]:
    return updating.recall(world, app, json_body(request))


def _callback_ip(world: World, app: Application, request: Request) -> tuple[dict[str, Any], str]:
    return {"ip_list": ["127.0.0.1"], "errcode": 0, "errmsg": "ok"}, ""


def _user(world: World, app: Application, request: Request) -> tuple[dict[str, Any], str]:
    """Without avatar, mobile and mail, as for every application made after 2022-06-20."""
    userid = request.query.get("userid", "")
    if not userid:
        raise Refusal(40058, "userid")
    member = people.find([userid]).get(userid.lower())
    if member is None:
        raise Refusal(60111, "userid not found")
    if not member.visible:
        raise Refusal(60011)
    return {
        "errcode": 0,
        "errmsg": "ok",
        "userid": member.userid,
        "name": member.name,
        "alias": member.alias,
        "position": member.position,
        "department": [member.department],
        "main_department": member.department,
        "status": 1,
    }, ""


SHOWN = ("message/", "appchat/", "webhook/", "menu/")  # what these change is seen in the chats
ROUTES: dict[str, Work] = {
    "message/send": _send,
    "message/update_template_card": _update,
    "message/recall": _recall,
    "message/get_statistics": counts.statistics,
    "media/upload": media.upload,
    "media/get": media.get,
    "menu/create": menus.create,
    "menu/get": menus.get,
    "menu/delete": menus.delete,
    "appchat/create": groups.create,
    "appchat/update": groups.update,
    "appchat/get": groups.get,
    "appchat/send": groups.send,
    "getcallbackip": _callback_ip,
    "get_api_domain_ip": _callback_ip,
    "user/get": _user,
    "auth/getuserinfo": login.getuserinfo,
    "user/getuserinfo": login.getuserinfo,
}
ROBOT_ROUTES: dict[str, RobotWork] = {  # the key in the query instead of a token
    "webhook/send": groups.send_as_robot,
    "webhook/upload_media": groups.upload_as_robot,
}


def _instead_of_work(request: Request, plan: Plan) -> Answer | None:
    """The answer of a fault that keeps the work from being done."""
    if "errcode" in plan:
        answer = _json(Refusal(plan.number("errcode"), "sandbox fault").answer())
    elif "status" in plan:
        answer = plan.number("status"), _HTML | {"Retry-After": "2"}, b"<html><body>sandbox fault</body></html>"
    elif "hang_before" in plan:
        answer = 504, _HTML, b"<html><body>504 Gateway Time-out</body></html>"
    else:
        return None
    with clock.change(chats=False) as world:
        wirelog.keep_call(request, answer, world=world, plan=plan, note="", ms=0)
    return answer


def _spoilt(answer: Answer, plan: Plan) -> Answer:
    """What the caller gets to see of an answer to work that was done."""
    if "hang" in plan:
        return 504, _HTML, b"<html><body>504 Gateway Time-out</body></html>"
    if "lose" in plan:
        return 502, _HTML, b"<html><body>502 Bad Gateway</body></html>"
    if "body" in plan:
        return 200, _JSON, plan["body"].encode()
    if "drip" in plan:
        return answer[0], answer[1] | {DRIP: "1"}, answer[2]
    return answer


def _json(body: Mapping[str, Any]) -> Answer:
    return 200, dict(_JSON), json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
