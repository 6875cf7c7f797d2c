"""Door: what was found, what was lost, and one item."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from lostfound import for_members, matching, search
from lostfound.states import Category, ItemKind, ItemState
from wecom import members

from .session import MemberRequest

PERIODS = ((1, _("24 hours")), (7, _("7 days")), (30, _("30 days")))
LONGEST_QUERY = 60


@require_safe
def found(request: MemberRequest) -> HttpResponse:
    return _list(request, ItemKind.FOUND)


@require_safe
def lost(request: MemberRequest) -> HttpResponse:
    return _list(request, ItemKind.LOST)


@require_safe
def item(request: MemberRequest, pk: int) -> HttpResponse:
    """One item; one that is no longer open is seen by whom it concerns alone."""
    shown = for_members.item_for(pk, member=request.member.userid)
    if shown is None:
        raise Http404
    mine, is_open = shown.reporter == request.member.userid, shown.state == ItemState.OPEN
    context = {
        "item": shown,
        "mine": mine,
        "open": is_open,
        "may_close": for_members.may_close(shown, member=request.member.userid),
        "found": shown.kind == ItemKind.FOUND,
        "likely": matching.found_for(shown) if mine and shown.kind == ItemKind.LOST and is_open else [],
        "wants_matches": mine and for_members.wants_matches(request.member.userid),
        "asked": for_members.open_request(shown, owner=request.member.userid),
        # Who lost a thing wants to be known; who found it is known only to those whom they agreed to.
        "owner": members.named([shown.reporter])[shown.reporter] if shown.kind == ItemKind.LOST else "",
    }
    return render(request, "lostfound/item.html", context)


def _list(request: MemberRequest, kind: ItemKind) -> HttpResponse:
    """A page of the list; htmx gets only what it asked for: the list, or the rows that follow."""
    words = request.GET.get("q", "").replace("\0", "")[:LONGEST_QUERY]
    category = _known(request.GET.get("category", ""), Category.values)
    days = int(_known(request.GET.get("days", ""), [str(days) for days, _label in PERIODS]) or 0)
    page = search.look(kind=kind, words=words, category=category, days=days, after=request.GET.get("after", ""))
    context = {
        "kind": kind,
        "page": page,
        "words": words,
        "category": category,
        "days": days,
        "categories": Category.choices,
        "periods": PERIODS,
        "filtered": bool(words or category or days),
        "further": bool(request.GET.get("after")),
    }
    response = render(request, f"lostfound/{_template(request)}.html", context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _template(request: HttpRequest) -> str:
    htmx = getattr(request, "htmx", None)
    if not htmx or htmx.history_restore_request:
        return "list"
    return "parts/results" if htmx.target == "results" else "parts/rows"


def _known(value: str, values: list[str]) -> str:
    return value if value in values else ""
