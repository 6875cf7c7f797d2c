"""Decisions: message/get_statistics: how many members each application of the corporation has reached.

Source: https://developer.work.weixin.qq.com/document/path/92369
"""

from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.utils.timezone import localtime

from . import applications, clock
from .applications import Application
from .asked import Request, json_body
from .errcodes import Refusal
from .models import Copy, Message, World


def statistics(world: World, app: Application, request: Request) -> tuple[dict[str, Any], str]:
    """Of today (time_type 0, the default) or yesterday (1), in the platform's own days."""
    days_ago = json_body(request).get("time_type", 0)
    if days_ago not in (0, 1) or isinstance(days_ago, bool):
        raise Refusal(40058, "time_type")
    midnight = localtime(clock.now(world)).replace(hour=0, minute=0, second=0, microsecond=0)
    begins = midnight - timedelta(days=days_ago)
    shown = Copy.objects.filter(
        dropped=False,
        sent_at__gte=begins,
        sent_at__lt=begins + timedelta(days=1),
        message__origin=Message.Origin.APP,
        message__chat=None,
    )
    reached = dict(shown.values_list("message__agent_id").annotate(Count("id")))
    rows = [
        {"agentid": int(one.agent_id), "app_name": one.name, "count": reached.get(one.key, 0)}
        for one in applications.every()
        if one.corp_id == app.corp_id
    ]
    return {"errcode": 0, "errmsg": "ok", "statistics": rows}, ""
