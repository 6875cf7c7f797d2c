"""Decisions: access tokens, and who may call at all.

Source: https://developer.work.weixin.qq.com/document/path/91039
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import F

from . import applications, clock
from .applications import Application
from .errcodes import Refusal
from .models import Token, World

LIFE = timedelta(seconds=7200)


def gettoken(world: World, query: Mapping[str, str]) -> dict[str, Any]:
    """The application's token: the same one while it lives, its life not prolonged."""
    World.objects.filter(pk=world.pk).update(gettoken_calls=F("gettoken_calls") + 1)
    app = _by_secret(query)
    now = clock.now(world)
    token = Token.objects.filter(agent_id=app.key, revoked=False, expires_at__gt=now).first()
    if token is None:
        World.objects.filter(pk=world.pk).update(tokens_issued=F("tokens_issued") + 1)
        token = Token.objects.create(value=secrets.token_urlsafe(96), agent_id=app.key, expires_at=now + LIFE)
    left = int((token.expires_at - now).total_seconds())
    return {"errcode": 0, "errmsg": "ok", "access_token": token.value, "expires_in": left}


def caller(world: World, query: Mapping[str, str]) -> Application:
    """The application that a call's token belongs to."""
    value = query.get("access_token", "")
    if not value:
        raise Refusal(41001)
    token = Token.objects.filter(value=value).first()
    app = applications.by_agent(token.agent_id) if token else None
    if token is None or token.revoked or app is None:
        raise Refusal(40014)
    if token.expires_at <= clock.now(world):
        raise Refusal(42001)
    return app


def revoke_all() -> None:
    Token.objects.filter(revoked=False).update(revoked=True)


def check_agent(app: Application, body: Mapping[str, Any]) -> None:
    """The body's agentid must be the token's."""
    agent_id = body.get("agentid")
    if agent_id in (None, ""):
        raise Refusal(41011)
    if isinstance(agent_id, bool) or not str(agent_id).isdecimal():
        raise Refusal(40056)
    if str(agent_id) != app.agent_id:
        raise Refusal(301002)


def _by_secret(query: Mapping[str, str]) -> Application:
    corp_id, secret = query.get("corpid", ""), query.get("corpsecret", "")
    if not secret:
        raise Refusal(41004)
    if not corp_id:
        raise Refusal(41002)
    of_corp = [app for app in applications.every() if app.corp_id == corp_id]
    if not of_corp:
        raise Refusal(40013)
    app = next((app for app in of_corp if secrets.compare_digest(app.secret.encode(), secret.encode())), None)
    if app is None:
        raise Refusal(40001)
    return app
