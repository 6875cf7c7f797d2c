"""Door: the page on which one says who one is: inside the client (silent on the real platform) and by QR code."""

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from . import login, people


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@transaction.non_atomic_requests
def authorize(request: HttpRequest) -> HttpResponse:
    """Everybody in the address book to choose from; choosing leads back with a code."""
    query = {key: str(value).replace("\0", "") for key, value in request.GET.items()}
    app = login.application(query)
    if app is None:
        return render(request, "wecom/sandbox/login.html", {}, status=400)
    chosen = request.POST.get("userid", "")
    if request.method == "POST" and chosen == "":
        return HttpResponseRedirect(login.way_back(query))
    if request.method == "POST" and (chosen == login.OUTSIDER or people.find([chosen])):
        return HttpResponseRedirect(login.way_back(query, code=login.give_code(app, chosen)))
    context = {"app": app, "members": people.everybody(), "outsider": login.OUTSIDER}
    return render(request, "wecom/sandbox/login.html", context)
