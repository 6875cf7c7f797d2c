"""Door: asking for a finder's contact, and what became of one's requests and reports."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lostfound import conf, errors, for_members, services
from lostfound.models import ContactRequest
from lostfound.states import ItemKind, ItemState

from .forms import AgreeForm, AskForm, DeclineForm, marked
from .session import MemberRequest

AGREE, DECLINE = "agree", "decline"


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: MemberRequest, pk: int) -> HttpResponse:
    """Say how one knows that it is one's own; the finder reads it on a card and decides."""
    me = request.member.userid
    item = for_members.item_for(pk, member=me)
    if item is None or item.kind != ItemKind.FOUND:
        raise Http404
    if item.state != ItemState.OPEN or item.reporter == me:
        return HttpResponseRedirect(reverse("item", args=[pk]))
    if for_members.open_request(item, owner=me):
        return HttpResponseRedirect(reverse("mine"))
    form = AskForm(item.proof_question, request.POST if request.method == "POST" else None)
    status = 200 if request.method != "POST" else 400
    if form.is_bound and form.is_valid():
        try:
            services.ask_for_contact(item_id=pk, owner=me, message=form.cleaned_data["message"], keep_pace=True)
        except errors.TooMany as exc:
            form.add_error(None, _too_many(exc))
            status = 429
        except errors.LostFoundError:
            form.add_error(None, _("This is no longer possible: look at the item again."))
            status = 409
        else:
            messages.success(request, _("The finder has been asked. The answer comes to you in WeCom."))
            return HttpResponseRedirect(reverse("mine"))
    return render(request, "lostfound/ask.html", {"form": marked(form), "item": item}, status=status)


@require_safe
def mine(request: MemberRequest) -> HttpResponse:
    """One's own requests with what became of them, those that wait for one's answer, and one's own reports."""
    me = request.member.userid
    context = {
        "asked": for_members.requests_of(me),
        "waiting": for_members.waiting_for(me),
        "answered": for_members.answered_by(me),
        "reports": for_members.reports_of(me),
        "wants_matches": for_members.wants_matches(me),
    }
    template = "parts/mine" if getattr(request, "htmx", False) else "mine"
    return render(request, f"lostfound/{template}.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: MemberRequest, pk: int) -> HttpResponse:
    """The finder's side of a request: what is asked, what would be sent, the answer. Somebody else's is not there."""
    me = request.member.userid
    asked = for_members.request_to(pk, finder=me)
    if asked is None:
        raise Http404
    deed = request.POST.get("answer", "") if request.method == "POST" else ""
    agreeing = AgreeForm(asked.item, request.POST if deed == AGREE else None)
    declining = DeclineForm(request.POST if deed == DECLINE else None)
    form = agreeing if deed == AGREE else declining if deed == DECLINE else None
    if form is not None and form.is_valid():
        _answer(request, asked, form)
        return HttpResponseRedirect(reverse("answer", args=[pk]))
    context = {
        "asked": asked,
        "story": for_members.finders_story(asked),
        "offered": for_members.offered_by(asked.item),
        "form": marked(agreeing),
        "declining": marked(declining),
    }
    return render(request, "lostfound/answer.html", context, status=400 if form is not None else 200)


def _answer(request: MemberRequest, asked: ContactRequest, form: AgreeForm | DeclineForm) -> None:
    """Do it; what came in between is said, and the page shows how it stands."""
    me, values = request.member.userid, form.cleaned_data
    try:
        if isinstance(form, AgreeForm):
            channel, value = values["contact_channel"], values["contact_value"]
            services.agree_on_page(request_id=asked.pk, finder=me, channel=channel, value=value)
        else:
            services.decline_on_page(request_id=asked.pk, finder=me, reason=values["reason"])
    except errors.LostFoundError:
        messages.info(request, _("It was decided before; nothing was changed."))


@require_POST
def withdraw(request: MemberRequest, pk: int) -> HttpResponse:
    """Take one's own request back; somebody else's is not there."""
    me = request.member.userid
    try:
        services.withdraw_contact_request(request_id=pk, actor=me)
    except (errors.NotFound, errors.WrongActor):
        raise Http404 from None
    except errors.RequestClosed:
        messages.info(request, _("It was answered at this moment; nothing was taken back."))
    return HttpResponseRedirect(reverse("mine"))


@require_POST
def preferences(request: MemberRequest) -> HttpResponse:
    """Switch the messages about likely found things on or off."""
    services.want_matches(member=request.member.userid, wanted=request.POST.get("suggestions") == "on")
    return HttpResponseRedirect(reverse("mine"))


def _too_many(exc: errors.TooMany) -> str:
    if exc.what == "open requests":
        most = conf.open_requests()
        return _("You have %(most)s open requests. Wait for an answer, or take one back.") % {"most": most}
    return _("You have asked %(most)s times since yesterday. Go on tomorrow.") % {"most": conf.requests_a_day()}
