"""Decisions: making the world that a script describes, all of it or nothing.

    steps:
      - file: {name: umbrella.png, kind: image, base64: iVBOR…}     a media_id may then be "umbrella.png"
      - chat: {id: desk, name: 前台, members: [lisi, wangwu]}
      - send: {to: lisi, card: {card_type: text_notice, …}}         also parties, tags; chat: desk; robot: yes
      - send: {to: [lisi, wangwu], text: 你好}                       or message: {image: {media_id: umbrella.png}}
      - update: {task_id: lf-1, for: lisi, button: 已推送}           or card: {…}; everybody: yes
      - recall: {task_id: lf-1}
      - say: {member: lisi, text: 在吗}                              a callback goes out; not so with chat: desk
      - tap: {member: lisi, task_id: lf-1, key: confirm, choose: {question: [option]}}
      - event: {member: lisi, fields: {MsgType: event, Event: subscribe}}
      - menu: {buttons: […]}
      - later: 25 h

`app` (an agent id) says whose, where there are several. No fault concerns what steps send; what they cause among
members (say, tap) is delivered with the script's faults once all is there.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from . import (
    applications,
    clock,
    faults,
    groups,
    housekeeping,
    media,
    menus,
    platform,
    script,
    sending,
    taps,
    updating,
)
from . import world as facts
from .applications import Application
from .asked import Request
from .errcodes import Refusal
from .models import Code, Media, Member, Message, World
from .script import Script, Step
from .script_yaml import WorldError


def load(text: str) -> Script:
    """Forget everything, and make the world of this YAML; raises WorldError, and then nothing has changed."""
    read = script.read(text, paths=["gettoken", *platform.ROUTES, *platform.ROBOT_ROUTES])
    with clock.change():
        housekeeping.reset()
        _people(read)
        if read.clock:
            _clearly(read.clock, lambda: housekeeping.configure(**read.clock))
        for trouble in read.troubles:
            faults.add(
                scope=trouble.scope,
                kind=trouble.kind,
                value=trouble.value,
                path=trouble.path,
                count=trouble.count,
                skip=trouble.skip,
            )
        for step in read.steps:
            _play(step)
    return read


def _people(read: Script) -> None:
    departments = {str(number): name for number, name in read.departments.items()}
    World.objects.filter(pk=clock.ONLY).update(story=read.story[:200], departments=departments, apps=read.apps)
    if read.members:
        Member.objects.all().delete()
        Member.objects.bulk_create(Member(**person) for person in read.members)


def _play(step: Step) -> None:
    try:
        _STEPS[step.kind](step.said)
    except KeyError as exc:
        raise WorldError(f"{step.kind}: {exc.args[0]} is missing", step.line) from None
    except (Refusal, taps.CannotTap, ValueError, TypeError) as exc:
        raise WorldError(f"{step.kind}: {exc}", step.line) from None


def _clearly(said: Mapping[str, Any], work: Callable[[], None]) -> None:
    try:
        work()
    except ValueError as exc:
        raise WorldError(str(exc), getattr(said, "line", 0)) from None


# --- One function a step --------------------------------------------------------------------------------------------


def _send(said: Mapping[str, Any]) -> None:
    app, now = _app(said), clock.load()
    msgtype, content = _message(said)
    content = _with_files(content, media.robot_owner(facts.ROBOT_KEY) if said.get("robot") else app.corp_id)
    body: dict[str, Any] = {"msgtype": msgtype, msgtype: content}
    if said.get("robot"):
        groups.send_as_robot(now, _request("webhook/send", body), facts.ROBOT_KEY)
    elif said.get("chat"):
        groups.send(now, app, _request("appchat/send", {"chatid": said["chat"], **body}))
    else:
        names = {"touser": "to", "toparty": "parties", "totag": "tags"}
        body |= {theirs: "|".join(_texts(said[ours])) for theirs, ours in names.items() if ours in said}
        body |= {"agentid": int(app.agent_id), "enable_id_trans": int(bool(said.get("translate_ids")))}
        sending.send(now, app, body, json.dumps(body).encode())


def _update(said: Mapping[str, Any]) -> None:
    app, now = _app(said), clock.load()
    message = _sent(app, said)
    codes = Code.objects.filter(message=message, spent_at=None)
    code = codes.first() or sending.issue_code(message, Code.Source.SEND, clock.now(now))
    change = {"template_card": said["card"]} if "card" in said else {"button": {"replace_name": said["button"]}}
    whom = {"atall": 1} if said.get("everybody") else {"userids": _texts(said["for"])}
    body = {"agentid": int(app.agent_id), "response_code": code.code, **whom, **change}
    updating.update(now, app, _plain(body))


def _recall(said: Mapping[str, Any]) -> None:
    app = _app(said)
    updating.recall(clock.load(), app, {"msgid": _sent(app, said).msgid})


def _tap(said: Mapping[str, Any]) -> None:
    taps.tap(
        member=str(said["member"]),
        event_key=str(said["key"]),
        task_id=str(said["task_id"]),
        selections=_plain(said.get("choose") or {}),
        agent_id=str(said.get("app", "")),
    )


def _say(said: Mapping[str, Any]) -> None:
    member, text = str(said["member"]), str(said["text"])
    if said.get("chat"):
        taps.say_in_group(member=member, text=text, chatid=str(said["chat"]))
    else:
        taps.say(member=member, text=text, agent_id=str(said.get("app", "")))


def _event(said: Mapping[str, Any]) -> None:
    taps.happen(member=str(said["member"]), fields=_plain(said["fields"]), agent_id=str(said.get("app", "")))


def _menu(said: Mapping[str, Any]) -> None:
    app = _app(said)
    query = {"agentid": app.agent_id}
    menus.create(clock.load(), app, _request("menu/create", {"button": said["buttons"]}, query))


def _chat(said: Mapping[str, Any]) -> None:
    body = {"chatid": said["id"], "name": said["name"], "userlist": said["members"]}
    groups.create(clock.load(), _app(said), _request("appchat/create", body))


def _file(said: Mapping[str, Any]) -> None:
    try:
        content = base64.b64decode("".join(str(said["base64"]).split()), validate=True)
    except binascii.Error as exc:
        raise ValueError(f"base64: {exc}") from None
    for owner in {app.corp_id for app in applications.every()} | {media.robot_owner(facts.ROBOT_KEY)}:
        media.keep(clock.load(), owner=owner, kind=str(said["kind"]), name=str(said["name"]), content=content)


_STEPS: Mapping[str, Callable[[Any], None]] = {
    "send": _send,
    "update": _update,
    "recall": _recall,
    "tap": _tap,
    "say": _say,
    "event": _event,
    "menu": _menu,
    "chat": _chat,
    "file": _file,
    "later": clock.advance,
}

# --- Small words the steps are made of ------------------------------------------------------------------------------


def _message(said: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Type and content of what is sent: a card, a text, or any message by its own name."""
    if "card" in said:
        return "template_card", _plain(said["card"])
    if "text" in said:
        return "text", {"content": str(said["text"])}
    ((msgtype, content),) = dict(said["message"]).items()
    return str(msgtype), _plain(content)


def _with_files(value: Any, owner: str) -> Any:
    """The content with the names of files turned into their media ids."""
    match value:
        case dict():
            named = {key: _file_id(inner, owner) for key, inner in value.items() if "media_id" in key}
            return {key: _with_files(inner, owner) for key, inner in value.items()} | named
        case list():
            return [_with_files(inner, owner) for inner in value]
    return value


def _file_id(name: Any, owner: str) -> str:
    file = Media.objects.filter(name=str(name), owner=owner).order_by("-id").first()
    return file.media_id if file else str(name)


def _app(said: Mapping[str, Any]) -> Application:
    app = applications.by_agent(str(said["app"])) if "app" in said else applications.first()
    if app is None:
        raise ValueError(f"there is no application {said['app']!r}")
    return app


def _sent(app: Application, said: Mapping[str, Any]) -> Message:
    message = Message.objects.filter(agent_id=app.key, task_id=str(said["task_id"])).first()
    if message is None:
        raise ValueError(f"nothing with the task_id {said['task_id']!r} has been sent")
    return message


def _request(path: str, body: Any, query: Mapping[str, str] | None = None) -> Request:
    return Request(method="POST", path=path, query=query or {}, raw=json.dumps(body, ensure_ascii=False).encode())


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _plain(value: Any) -> Any:
    """As JSON would bring it."""
    return json.loads(json.dumps(value))
