"""Door: the sidebar of the admin; see UNFOLD["SIDEBAR"]."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

GROUPS: tuple[tuple[Any, tuple[tuple[Any, str, str], ...]], ...] = (
    (
        _("Lost and found"),
        (
            (_("Items"), "lostfound.item", "inventory_2"),
            (_("Contact requests"), "lostfound.contactrequest", "handshake"),
        ),
    ),
    (
        _("Cards and messages"),
        (
            (_("Cards"), "lostfound.card", "sms"),
            (_("Response codes"), "lostfound.responsecode", "key"),
            (_("Card updates"), "lostfound.cardupdate", "published_with_changes"),
            (_("Other outgoing messages"), "wecom.outgoing", "outbox"),
        ),
    ),
    (
        _("What came in"),
        ((_("Callbacks"), "wecom.callback", "inbox"), (_("Alerts"), "wecom.alert", "notifications")),
    ),
    (
        _("People"),
        (
            (_("Users"), "auth.user", "person"),
            (_("Groups"), "auth.group", "group"),
            (_("API tokens"), "authtoken.tokenproxy", "vpn_key"),
            (_("Exports"), "lostfound.export", "download"),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups with what this person may see, and the ways out of the admin."""
    front = {"title": _("Overview"), "icon": "dashboard", "link": reverse("admin:index")}
    groups = [{"items": [front]}, *(_group(request, title, entries) for title, entries in GROUPS)]
    return [
        *(group for group in groups if group["items"]),
        {"title": _("Tools"), "separator": True, "items": _tools(request)},
    ]


def _group(request: HttpRequest, title: Any, entries: tuple[tuple[Any, str, str], ...]) -> dict[str, Any]:
    items = [
        {"title": name, "icon": icon, "link": reverse(f"admin:{label.replace('.', '_')}_changelist")}
        for name, label, icon in entries
        if _sees(request, label)
    ]
    return {"title": title, "separator": True, "items": items}


def _sees(request: HttpRequest, label: str) -> bool:
    app, model = label.split(".")
    return any(request.user.has_perm(f"{app}.{right}_{model}") for right in ("view", "change"))


def _tools(request: HttpRequest) -> list[dict[str, Any]]:
    tools = [
        {"title": _("Employee page"), "icon": "storefront", "link": reverse("home")},
        {"title": _("API"), "icon": "api", "link": reverse("api_docs")},
    ]
    if settings.WECOM_SANDBOX:
        tools.insert(0, {"title": _("Sandbox phones"), "icon": "smartphone", "link": "/sandbox/"})
    if _sees(request, "lostfound.item"):
        thanks = reverse("admin:lostfound_item_thanks")
        tools.append({"title": _("Thanks to finders"), "icon": "volunteer_activism", "link": thanks})
    if _sees(request, "wecom.alert"):
        tools.append({"title": _("Examination"), "icon": "stethoscope", "link": reverse("admin:wecom_doctor")})
    return [{**tool, "active": False} for tool in tools]
