"""Door: the sandbox by remote control, for tests and scripts. JSON in, JSON out, no login.

    POST   control/tap/      {member, event_key, task_id | message_id, agent_id?, selections?, wait?}
                             201 {delivery}; 409 {why} for a dead or recalled card; 404 {why} for no such card
    POST   control/say/      {member, text, agent_id?, wait?} a text to the application, {member, text, chatid} one into
                             a group chat, or {member, enter: true}: enter_agent
    POST   control/event/    {member, fields: {MsgType, Event, …}, agent_id?, wait?}: anything else that may be told:
                             subscribe, LOCATION, a picture that the member wrote; see `taps.happen`
    POST   control/menu/     {member, place: "0" | "2.1", agent_id?, wait?}: presses an entry of the application's menu
    GET    control/faults/   {faults: [{id, api, fault, path, value, left}]}
    POST   control/faults/   {api: "api" | "callback", fault, value?, count?, path?, skip?}; see `faults` for the kinds
    DELETE control/faults/   all, or those named by {id} or {api?, fault?}
    GET    control/ledger/   everything (`?member=` one member's messages, `?parts=members,codes` these parts only);
                             see `ledger.build`
    POST   control/reset/    forget all messages, codes, tokens, faults, logs; members and clock as at first
    POST   control/world/    {yaml}, or the YAML itself as application/yaml: forgets everything and makes this world;
                             see `script` and `worlds`; 400 {why, line} where it is wrong, and then nothing has changed
    GET    control/clock/    {now, offset_seconds, code_ttl_hours, retry_pause_ms}
    POST   control/clock/    {advance?: seconds, code_ttl_hours?, retry_pause_ms?}
    GET    control/members/  {members: [...]}
    POST   control/members/  {userid, name?, alias?, position?, department?, tags?, visible?, licensed?}: makes or
                             changes one
    DELETE control/members/  {userid}: gone from the address book
    POST   control/check/    {agent_id?} the console's 保存: the URL must prove itself; {ok, error, status, ms}

`api` may also be a path such as "message/send": a fault of the API for this path only. `wait: true` delivers before
answering. Bodies must come as application/json, a world also as application/yaml: no foreign web page can send those.
"""

import json
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from . import applications, clock, delivery, faults, housekeeping, ledger, people, script_yaml, taps, worlds
from .models import Delivery, Fault, Member

Body = dict[str, Any]


class BadRequest(ValueError):
    """The body is not what this door expects."""


def door(*methods: str) -> Callable[[Callable[[HttpRequest, Body], JsonResponse]], Callable[..., HttpResponse]]:
    """A control view: reads the JSON body, turns the errors people make into answers that say what is wrong."""

    def wrap(view: Callable[[HttpRequest, Body], JsonResponse]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @login_not_required
        @require_http_methods(list(methods))
        @transaction.non_atomic_requests
        def guarded(request: HttpRequest) -> HttpResponse:
            try:
                return view(request, _body(request))
            except taps.CannotTap as exc:
                return JsonResponse({"why": str(exc)}, status=404 if exc.missing else 409)
            except script_yaml.WorldError as exc:
                return JsonResponse({"why": str(exc), "line": exc.line}, status=400)
            except (BadRequest, faults.UnknownFault, KeyError, TypeError, ValueError) as exc:
                return JsonResponse({"why": f"{type(exc).__name__}: {exc}"}, status=400)

        return guarded

    return wrap


@door("POST")
def tap(request: HttpRequest, body: Body) -> JsonResponse:
    started = taps.tap(
        member=str(body["member"]),
        event_key=str(body["event_key"]),
        message_id=body.get("message_id"),
        task_id=body.get("task_id"),
        selections=body.get("selections"),
        agent_id=str(body.get("agent_id", "")),
    )
    return _delivered(started, body)


@door("POST")
def say(request: HttpRequest, body: Body) -> JsonResponse:
    member, agent_id = str(body["member"]), str(body.get("agent_id", ""))
    if body.get("enter"):
        return _delivered(taps.enter(member=member, agent_id=agent_id), body)
    if body.get("chatid"):
        said = taps.say_in_group(member=member, text=str(body["text"]), chatid=str(body["chatid"]))
        return JsonResponse({"message_id": said.pk}, status=201)
    return _delivered(taps.say(member=member, text=str(body["text"]), agent_id=agent_id), body)


@door("POST")
def event(request: HttpRequest, body: Body) -> JsonResponse:
    started = taps.happen(
        member=str(body["member"]), fields=dict(body["fields"]), agent_id=str(body.get("agent_id", ""))
    )
    return _delivered(started, body)


@door("POST")
def press_menu(request: HttpRequest, body: Body) -> JsonResponse:
    agent_id = str(body.get("agent_id", ""))
    return _delivered(taps.press_menu(member=str(body["member"]), place=str(body["place"]), agent_id=agent_id), body)


@door("GET", "POST", "DELETE")
def faults_(request: HttpRequest, body: Body) -> JsonResponse:
    if request.method == "POST":
        api = str(body.get("api", "api"))
        scope, path = (api, str(body.get("path", ""))) if api in Fault.Scope.values else ("api", api)
        made = faults.add(
            scope=scope,
            kind=str(body["fault"]),
            value=body.get("value"),
            count=int(body.get("count", 1)),
            skip=int(body.get("skip", 0)),
            path=path,
        )
        return JsonResponse(ledger.fault(made), status=201)
    if request.method == "DELETE":
        gone = faults.remove(scope=str(body.get("api", "")), kind=str(body.get("fault", "")), pk=body.get("id"))
        return JsonResponse({"removed": gone})
    rows = Fault.objects.filter(left__gt=0).order_by("id")
    return JsonResponse({"faults": [ledger.fault(row) for row in rows]})


@door("GET")
def ledger_(request: HttpRequest, body: Body) -> JsonResponse:
    delivery.resume()
    parts = request.GET.get("parts", "")
    wanted = parts.split(",") if parts else ledger.PARTS
    if unknown := set(wanted) - set(ledger.PARTS):
        raise BadRequest(f"no such part: {', '.join(sorted(unknown))}; known: {', '.join(ledger.PARTS)}")
    found = ledger.build(request.GET.get("member", ""), parts=wanted)
    return JsonResponse(found, json_dumps_params={"ensure_ascii": False})


@door("POST")
def reset(request: HttpRequest, body: Body) -> JsonResponse:
    housekeeping.reset()
    return JsonResponse({"reset": True})


@door("POST")
def world(request: HttpRequest, body: Body) -> JsonResponse:
    made = worlds.load(str(body["yaml"]))
    counts = {"members": Member.objects.count(), "faults": len(made.troubles), "steps": len(made.steps)}
    return JsonResponse({"story": made.story, **counts}, status=201)


@door("GET", "POST")
def clock_(request: HttpRequest, body: Body) -> JsonResponse:
    if request.method == "POST":
        housekeeping.configure(
            advance=int(body.get("advance", 0)),
            code_ttl_hours=body.get("code_ttl_hours"),
            retry_pause_ms=body.get("retry_pause_ms"),
        )
    state = clock.load()
    names = ("offset_seconds", "code_ttl_hours", "retry_pause_ms")
    return JsonResponse({"now": clock.now(state).isoformat(), **{name: getattr(state, name) for name in names}})


@door("GET", "POST", "DELETE")
def members(request: HttpRequest, body: Body) -> JsonResponse:
    if request.method == "POST":
        return JsonResponse(_member(housekeeping.put_member(**body)), status=201)
    if request.method == "DELETE":
        return JsonResponse({"removed": housekeeping.remove_member(str(body["userid"]))})
    return JsonResponse({"members": [_member(member) for member in people.everybody()]})


@door("POST")
def check(request: HttpRequest, body: Body) -> JsonResponse:
    app = applications.by_agent(str(body["agent_id"])) if "agent_id" in body else applications.first()
    if app is None:
        raise BadRequest("there is no such application")
    tried = delivery.check_url(app)
    return JsonResponse({"ok": not tried.error, "error": tried.error, "status": tried.status, "ms": tried.ms})


def _delivered(started: Delivery, body: Body) -> JsonResponse:
    """The delivery as it stands: on its way, or (with wait) with its tries."""
    if body.get("wait"):
        delivery.wait_for(started)
    return JsonResponse({"delivery": ledger.delivery(Delivery.objects.get(pk=started.pk))}, status=201)


def _member(member: Member) -> dict[str, Any]:
    names = ("userid", "name", "alias", "position", "department", "tags", "visible", "licensed")
    return {name: getattr(member, name) for name in names}


def _body(request: HttpRequest) -> Body:
    if not request.body:
        return {}
    if request.content_type in ("application/yaml", "application/x-yaml"):
        return {"yaml": request.body.decode()}
    if request.content_type != "application/json":
        raise BadRequest("send the body as application/json")
    body = json.loads(request.body)
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    return body
