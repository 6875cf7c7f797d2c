"""Door: telling of an item that was found or lost, and its photos."""

from typing import Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lostfound import errors, for_members, services
from lostfound.models import Photo
from lostfound.pictures import MOST_BYTES, NotAPhoto
from lostfound.services.photos import MOST_OF_ITEM, SIZES, file_of
from lostfound.states import WITHOUT_PHOTOS, Category, ItemKind

from .forms import ReportForm, marked
from .session import MemberRequest, everybody, member_of

WHY_NOT: dict[str, Promise] = {
    "too_large": gettext_lazy("This photo is larger than 12 MB."),
    "too_many_pixels": gettext_lazy("This photo has too many pixels; take it in your camera's usual size."),
    "too_small": gettext_lazy("This picture is too small to show anything."),
    "unreadable": gettext_lazy("This is no photo that can be read: take JPEG, PNG, WebP or HEIC."),
    "moving": gettext_lazy("This picture moves; a photo is needed."),
}
TOO_FAST = gettext_lazy("So many photos at once? Wait a minute, then go on.")
PATIENCE = 1.0  # seconds: whoever waits for photos keeps a thread from WeCom's callbacks
NOTHING_RUNS = "sandbox; default-src 'none'; frame-ancestors 'none'"
IMMUTABLE = "private, max-age=604800, immutable"


@require_safe
def choose(request: MemberRequest) -> HttpResponse:
    return render(request, "lostfound/report_choose.html")


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: MemberRequest, kind: str) -> HttpResponse:
    """The form. What was typed stays, photos too, until it is right; the same form sent twice makes one item."""
    if kind not in ItemKind.values:
        raise Http404
    form = ReportForm(kind, request.POST if request.method == "POST" else None, title=request.GET.get("title", ""))
    # A report that began in the chat brings its photo along.
    photos = services.loose_photos(request.GET.getlist("photo"), sent_by=request.member.userid)
    status = 200
    if request.method == "POST":
        photos, wrong = _photos(request)
        for words in wrong:
            form.add_error(None, words)
        status = 400
        if form.is_valid() and (address := _keep(request, form, kind, photos)):
            return HttpResponseRedirect(address)
    context = {
        "form": marked(form),
        "kind": kind,
        "photos": photos,
        "most": MOST_OF_ITEM,
        "most_bytes": MOST_BYTES,
        "places": for_members.places(),
        "without_photos": sorted(WITHOUT_PHOTOS),
    }
    return render(request, "lostfound/report.html", context, status=status)


@require_POST
def upload(request: MemberRequest) -> JsonResponse:
    """One photo while the form is being filled in: its key and address, or in words why not."""
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return JsonResponse({"why": str(WHY_NOT["unreadable"])}, status=400)
    try:
        photo = _take(file, request.member.userid)
    except NotAPhoto as exc:
        return JsonResponse({"why": str(WHY_NOT[exc.why])}, status=400)
    except errors.TooMany:
        return JsonResponse({"why": str(TOO_FAST)}, status=429, headers={"Retry-After": "60"})
    return JsonResponse({"key": photo.key, "small": reverse("photo", args=[photo.key, "small"])}, status=201)


@everybody  # asks itself: members, and the desk
@require_safe
def photo(request: HttpRequest, key: str, size: str) -> HttpResponse:
    """A photo, for whoever may see its item; for anybody else there is none at this address."""
    member = member_of(request)
    staff = request.user.is_staff and request.user.has_perm("lostfound.view_item")
    if size not in SIZES or not (member or staff):
        raise Http404
    shown = Photo.objects.select_related("item").filter(key=key).first()
    if shown is None or not (staff or (member and for_members.may_see_photo(shown, member=member.userid))):
        raise Http404
    try:
        with default_storage.open(file_of(key, size)) as file:
            content = file.read()
    except FileNotFoundError:
        raise Http404 from None
    return HttpResponse(
        content,
        content_type="image/webp",
        headers={
            "Cache-Control": IMMUTABLE,
            "Content-Security-Policy": NOTHING_RUNS,
        },
    )


def _photos(request: MemberRequest) -> tuple[list[Photo], list[str]]:
    """The photos that came before and those that come with the form; and what is wrong with the others."""
    photos = services.loose_photos(request.POST.getlist("photo"), sent_by=request.member.userid)
    wrong: list[str] = []
    for file in request.FILES.getlist("files")[: MOST_OF_ITEM - len(photos)]:
        try:
            photos.append(_take(file, request.member.userid))
        except NotAPhoto as exc:
            wrong.append(f"{file.name}: {WHY_NOT[exc.why]}")
        except errors.TooMany:
            wrong.append(str(TOO_FAST))
    return photos, wrong


def _take(file: "UploadedFile[Any]", member: str) -> Photo:
    if (file.size or 0) > MOST_BYTES:
        raise NotAPhoto("too_large")
    return services.keep_photo(content=file.read(), sent_by=member, patience=PATIENCE)


def _keep(request: MemberRequest, form: ReportForm, kind: str, photos: list[Photo]) -> str:
    """The item's address; or none, and what was wrong stands at the form."""
    try:
        item = services.report_item(kind=kind, reporter=request.member.userid, photos=photos, **form.item())
    except errors.Invalid as exc:
        form.add_error(exc.field if exc.field in form.fields else None, _("Please look at this once more."))
        return ""
    messages.success(request, _("Thank you. Your report is in the list now."))
    if photos and item.category in WITHOUT_PHOTOS:
        what = Category(item.category).label
        messages.info(request, _("%(what)s: shown without photos, so yours were deleted.") % {"what": what})
    return reverse("item", args=[item.pk])


@require_POST
def returned(request: MemberRequest, pk: int) -> HttpResponse:
    """The thing that one has reported is back with its owner."""
    try:
        services.say_returned(item_id=pk, reporter=request.member.userid)
    except errors.NotFound:
        raise Http404 from None
    except errors.NothingToDo:
        messages.info(request, _("It was decided before; nothing was changed."))
    else:
        messages.success(request, _("Thank you. It is marked as returned."))
    return HttpResponseRedirect(reverse("item", args=[pk]))
