"""Door: the phones in the browser. Pages poll for what has changed; a press posts, the poll shows what came of it."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from . import applications, chat, clock, delivery, faults, housekeeping, people, taps, words, world
from .models import Member, World

SIDES = ("left", "right")
View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """A page to look at: no login, no transaction around it."""
    return login_not_required(require_GET(transaction.non_atomic_requests(view)))


def action(view: Callable[[HttpRequest], str]) -> View:
    """A press: does it and answers without content; the words it returns are shown to the person."""

    @login_not_required
    @require_POST
    @transaction.non_atomic_requests
    def pressed(request: HttpRequest) -> HttpResponse:
        try:
            said = view(request)
        except (taps.CannotTap, faults.UnknownFault) as exc:
            said = str(exc)
        except (KeyError, ValueError):
            said = _("That did not work: something is missing or no number.")
        if not getattr(request, "htmx", False):
            return redirect("sandbox:phones")
        return trigger_client_event(HttpResponse(status=204), "acted", {"say": said})

    return pressed


@page
def phones(request: HttpRequest) -> HttpResponse:
    """Two phones side by side, the faults, the wire."""
    return render(request, "wecom/sandbox/phones.html", _context(request))


@page
def poll(request: HttpRequest) -> HttpResponse:
    """What has changed since `seen`; 204 when nothing has."""
    context = _context(request, only_if_newer_than=request.GET.get("seen", ""))
    if not context:
        return HttpResponse(status=204)
    response = render(request, "wecom/sandbox/poll.html", context)
    response["Cache-Control"] = "no-store"
    return response


@page
def profile(request: HttpRequest, userid: str) -> HttpResponse:
    member = get_object_or_404(Member, userid=userid.lower())
    context = {"member": member, "department": world.DEPARTMENTS.get(member.department, "")}
    return render(request, "wecom/sandbox/profile.html", context)


@action
def tap(request: HttpRequest) -> str:
    post = request.POST
    known = ("message_id", "member", "event_key", "csrfmiddlewaretoken")
    selections = {key: post.getlist(key) for key in post if key not in known}
    taps.tap(
        member=post["member"], event_key=post["event_key"], message_id=int(post["message_id"]), selections=selections
    )
    return ""


@action
def say(request: HttpRequest) -> str:
    taps.say(member=request.POST["member"], text=request.POST["text"])
    return ""


@action
def enter(request: HttpRequest) -> str:
    taps.enter(member=request.POST["member"])
    return _("The event enter_agent goes out.")


@action
def add_fault(request: HttpRequest) -> str:
    scope, kind, value = request.POST["fault"].split(":", 2)
    chosen = value or request.POST.get(kind, "")
    path = request.POST.get("path", "") if scope == "api" and kind != "revoke" else ""
    faults.add(scope=scope, kind=kind, value=chosen, count=int(request.POST.get("count") or 1), path=path)
    return ""


@action
def remove_fault(request: HttpRequest) -> str:
    faults.remove(pk=int(request.POST["id"]))
    return ""


@action
def set_clock(request: HttpRequest) -> str:
    hours = request.POST.get("code_ttl_hours")
    advance = round(float(request.POST.get("hours") or 0) * 3600)
    housekeeping.configure(advance=advance, code_ttl_hours=float(hours) if hours else None)
    return ""


@action
def check_url(request: HttpRequest) -> str:
    tried = delivery.check_url(applications.first())
    if tried.error:
        return _("The callback address failed the check: %(why)s") % {"why": tried.error}
    return _("The callback address answered right, in %(ms)s ms.") % {"ms": tried.ms}


@action
def reset(request: HttpRequest) -> str:
    housekeeping.reset()
    return _("Everything as on the first day.")


def _context(request: HttpRequest, only_if_newer_than: str | None = None) -> dict[str, Any]:
    """What the page shows; with `only_if_newer_than`, only the parts that have changed, or nothing at all."""
    state = clock.load()
    members = list(people.everybody()) if only_if_newer_than is None else None
    owners = _owners(request, members)
    chats = f"{state.chats}|{'|'.join(owners)}"
    seen = f"{chats}/{state.wire}"
    if only_if_newer_than == seen:
        return {}
    context: dict[str, Any] = {"seen": seen, "first": only_if_newer_than is None, "members": members}
    if only_if_newer_than is None or not only_if_newer_than.startswith(chats + "/"):
        now = clock.now(state)
        known = people.find(owners)
        context["phones"] = [
            {
                "side": side,
                "owner": owner,
                "name": known[owner].name if owner in known else owner,
                "entries": chat.entries(owner, now),
            }
            for side, owner in zip(SIDES, owners, strict=True)
        ]
    return context | _panel(state)


def _panel(state: World) -> dict[str, Any]:
    return {
        "app": applications.first(),
        "world": state,
        "now": clock.now(state),
        "days_ahead": round(state.offset_seconds / 86400, 2),
        "faults": words.waiting_faults(),
        "paths": words.PATHS,
        "ready_api": words.ready(words.READY_API),
        "ready_callback": words.ready(words.READY_CALLBACK),
        "wire": words.wire(),
    }


def _owners(request: HttpRequest, members: list[Member] | None) -> list[str]:
    """Whose phone is left and whose is right: from the query, else the first two members."""
    named = [request.GET.get(side, "").lower()[:64].replace("\0", "") for side in SIDES]
    if members is None:
        return named
    known = [member.userid for member in members] or [""]
    return [owner if owner in known else known[min(number, len(known) - 1)] for number, owner in enumerate(named)]
