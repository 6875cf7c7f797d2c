"""Door: the phones in the browser. Pages poll for what has changed; a press posts, the poll shows what came of it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from . import (
    applications,
    browser,
    chat,
    clock,
    conversations,
    delivery,
    faults,
    housekeeping,
    menus,
    people,
    script_yaml,
    taps,
    words,
    world,
    worlds,
)
from .models import Media, Member, Message, World

SIDES = ("left", "right")
View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """A page to look at: no login, no transaction around it."""
    return login_not_required(require_GET(transaction.non_atomic_requests(view)))


def action(view: Callable[[HttpRequest], str]) -> View:
    """A press: does it and answers without content; the words it returns are shown to the person.

    `request.anew` makes the page come again, because other people live in the world now.
    """

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
        told = {"say": said, "anew": getattr(request, "anew", False)}
        return trigger_client_event(HttpResponse(status=204), "acted", told)

    return pressed


@page
def phones(request: HttpRequest) -> HttpResponse:
    """Two phones side by side, the faults, the wire."""
    delivery.resume()
    return render(request, "wecom/sandbox/phones.html", _context(request))


@login_not_required
@csrf_exempt
@transaction.non_atomic_requests
def browser_(request: HttpRequest, userid: str, path: str) -> HttpResponseBase:
    """A page of the site inside a member's phone; the site itself guards its forms."""
    known = people.find([userid])
    if _is_alone() or path.startswith(browser.NOT_INSIDE) or not known:
        raise Http404
    return browser.visit(request, next(iter(known)), path)


@page
def poll(request: HttpRequest) -> HttpResponse:
    """What has changed since `seen`; 204 when nothing has."""
    context = _context(request, only_if_newer_than=request.GET.get("seen", ""))
    if not context:
        return HttpResponse(status=204)
    delivery.resume()
    response = render(request, "wecom/sandbox/poll.html", context)
    response["Cache-Control"] = "no-store"
    return response


@page
def profile(request: HttpRequest, userid: str) -> HttpResponse:
    member = get_object_or_404(Member, userid=userid.lower())
    context = {
        "member": member,
        "corporation": people.departments().get(1, world.DEPARTMENTS[1]),
        "department": people.departments().get(member.department, ""),
    }
    return render(request, "wecom/sandbox/profile.html", context)


@page
def media(request: HttpRequest, media_id: str) -> HttpResponse:
    """A file that was sent, also when the API no longer gives it. Nothing of it is run by the browser."""
    file = get_object_or_404(Media, media_id=media_id)
    shown = file.kind in ("image", "video")
    response = HttpResponse(bytes(file.content), content_type=file.content_type)
    response["Content-Disposition"] = content_disposition_header(not shown, file.name) or "attachment"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, max-age=3600"
    return response


@page
def article(request: HttpRequest, message_id: int, number: int) -> HttpResponse:
    """One article of an mpnews: its HTML as it was sent, in a page that can do nothing."""
    message = get_object_or_404(Message, pk=message_id, msgtype="mpnews")
    articles = message.content["articles"]
    if number >= len(articles):
        raise Http404
    response = render(request, "wecom/sandbox/article.html", {"article": articles[number]})
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'"
    return response


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
    post = request.POST
    sort, _dash, name = post.get("in", "").partition("-")
    if sort == "chat":
        taps.say_in_group(member=post["member"], text=post["text"], chatid=name)
    else:
        taps.say(member=post["member"], text=post["text"], agent_id=name)
    return ""


@action
def enter(request: HttpRequest) -> str:
    sort, _dash, name = request.POST.get("in", "").partition("-")
    if sort == "chat":
        return _("Only applications hear when they are opened.")
    taps.enter(member=request.POST["member"], agent_id=name)
    return _("The event enter_agent goes out.")


@action
def press_menu(request: HttpRequest) -> str:
    post = request.POST
    taps.press_menu(member=post["member"], place=post["place"], agent_id=post["agent_id"])
    return ""


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
    tries = [delivery.check_url(app) for app in applications.every()]
    for tried in tries:
        if tried.error:
            return _("The callback address failed the check: %(why)s") % {"why": tried.error}
    return _("The callback address answered right, in %(ms)s ms.") % {"ms": max(tried.ms for tried in tries)}


@action
def load_world(request: HttpRequest) -> str:
    """The file that was picked; what is wrong in it is said with its line."""
    (file,) = request.FILES.getlist("world")
    try:
        made = worlds.load(file.read(script_yaml.LARGEST + 1).decode())
    except UnicodeDecodeError:
        return _("This file is no text.")
    except script_yaml.WorldError as exc:
        return f"{file.name}: {exc}"
    request.anew = True  # type: ignore[attr-defined]
    return made.story or _("The world is there.")


@action
def reset(request: HttpRequest) -> str:
    request.anew = bool(clock.load().story)  # type: ignore[attr-defined]
    housekeeping.reset()
    return _("Everything as on the first day.")


def _context(request: HttpRequest, only_if_newer_than: str | None = None) -> dict[str, Any]:
    """What the page shows; with `only_if_newer_than`, only the parts that have changed, or nothing at all."""
    state = clock.load()
    members = list(people.everybody()) if only_if_newer_than is None else None
    owners = _owners(request, members)
    places = [request.GET.get(f"{side}_in", "")[:64].replace("\0", "") for side in SIDES]
    shown = [f"{owner}@{place}" if place else owner for owner, place in zip(owners, places, strict=True)]
    chats = f"{state.chats}|{'|'.join(shown)}"
    seen = f"{chats}/{state.wire}"
    if only_if_newer_than == seen:
        return {}
    context: dict[str, Any] = {"seen": seen, "first": only_if_newer_than is None, "members": members}
    if only_if_newer_than is None or not only_if_newer_than.startswith(chats + "/"):
        known = people.find(owners)
        context["phones"] = [
            _phone(state, side, owner, known.get(owner), place)
            for side, owner, place in zip(SIDES, owners, places, strict=True)
        ]
    return context | _panel(state)


def _phone(state: World, side: str, owner: str, member: Member | None, place: str) -> dict[str, Any]:
    """One phone: whose it is, which of their chats it shows, and that application's menu."""
    listed = conversations.of_member(owner)
    chosen = conversations.choose(listed, place)
    return {
        "side": side,
        "owner": owner,
        "name": member.name if member else owner,
        "conversations": listed,
        "chosen": chosen,
        "menu": menus.of(chosen.agent_id) if chosen.app else [],
        "entries": chat.entries(owner, clock.now(state), chosen),
    }


def _panel(state: World) -> dict[str, Any]:
    return {
        "world": state,
        "now": clock.now(state),
        "days_ahead": round(state.offset_seconds / 86400, 2),
        "faults": words.waiting_faults(),
        "paths": words.PATHS,
        "ready_api": words.ready(words.READY_API),
        "ready_callback": words.ready(words.READY_CALLBACK),
        "wire": words.wire(),
        "alone": _is_alone(),
        "tour": getattr(settings, "WECOM_SANDBOX_TOUR", ""),  # a static script that plays the application's story
        "site": getattr(settings, "SITE_URL", ""),  # where the addresses on cards lead
    }


def _owners(request: HttpRequest, members: list[Member] | None) -> list[str]:
    """Whose phone is left and whose is right: from the query, else the first two members."""
    named = [request.GET.get(side, "").lower()[:64].replace("\0", "") for side in SIDES]
    if members is None:
        return named
    known = [member.userid for member in members] or [""]
    return [owner if owner in known else known[min(number, len(known) - 1)] for number, owner in enumerate(named)]


def _is_alone() -> bool:
    """Whether no site stands beside the sandbox, whose pages a phone could open."""
    return bool(getattr(settings, "SANDBOX_ALONE", False))
