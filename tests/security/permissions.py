"""Who gets which answer where: the table that `test_permissions.py` holds the site to.

A line is an address pattern as the resolver spells it, a method (`*`: any that has no line of its own), and one
status for everybody, or one for each of ROLES. Behind ` | ` the same for MEMBERS; where it is missing, a member gets
what nobody gets, and in the admin what a user gets. `{record}` and the like stand for the models of GROUPS.
"""

from collections.abc import Iterator

METHODS = ("GET", "POST", "PUT", "DELETE")
# Not logged in; an account, but no administrator; administrators: without any right, who may view, also change, all.
ROLES = ("nobody", "user", "idler", "viewer", "actor", "root")
# Members of WeCom, at the first item and request: who asked, who found and was asked, who has nothing to do with it.
MEMBERS = ("owner", "finder", "stranger")

GROUPS = {
    "item": ("lostfound/item",),
    "record": (
        "lostfound/contactrequest",
        "lostfound/card",
        "lostfound/responsecode",
        "lostfound/cardupdate",
        "wecom/outgoing",
        "wecom/callback",
        "wecom/sentcard",
        "wecom/responsecode",
    ),
    "alert": ("wecom/alert", "lostfound/export"),
    "account": ("auth/user",),
    "group": ("auth/group",),
    "token": ("authtoken/tokenproxy",),
}

TABLE = r"""
# address                                                   method nobody user idler viewer actor root
# pages of members, whom a login of Django does not make; a form without a member is refused | owner finder stranger
home                                                        GET    302 | 200
home                                                        *      403 | 405
lost/                                                       GET    302 | 200
lost/                                                       *      403 | 405
items/<int:pk>/                                             GET    302 | 200
items/<int:pk>/                                             *      403 | 405
items/<int:pk>/ask/                                         GET    302 | 200 302 200
items/<int:pk>/ask/                                         POST   403 | 400 302 400
items/<int:pk>/ask/                                         *      403 | 405
items/<int:pk>/returned/                                    GET    302 | 405
items/<int:pk>/returned/                                    POST   403 | 404 302 404
items/<int:pk>/returned/                                    *      403 | 405
report/                                                     GET    302 | 200
report/                                                     *      403 | 405
report/<str:kind>/                                          GET    302 | 200
report/<str:kind>/                                          POST   403 | 400
report/<str:kind>/                                          *      403 | 405
photos/                                                     GET    302 | 405
photos/                                                     POST   403 | 400
photos/                                                     *      403 | 405
photos/<slug:key>/<slug:size>.webp                          GET    404 404 404 200 200 200 | 200
photos/<slug:key>/<slug:size>.webp                          *      405
requests/                                                   GET    302 | 200
requests/                                                   *      403 | 405
requests/<int:pk>/                                          GET    302 | 404 200 404
requests/<int:pk>/                                          POST   403 | 404 200 404
requests/<int:pk>/                                          *      403 | 405
requests/<int:pk>/withdraw/                                 GET    302 | 405
requests/<int:pk>/withdraw/                                 POST   403 | 302 404 404
requests/<int:pk>/withdraw/                                 *      403 | 405
preferences/                                                GET    302 | 405
preferences/                                                POST   403 | 302
preferences/                                                *      403 | 405
login/                                                      GET    302
login/                                                      *      405
login/back/                                                 GET    403
login/back/                                                 *      405
logout/                                                     POST   302
logout/                                                     *      405
logged-out/                                                 GET    200
logged-out/                                                 *      405
healthz                                                     GET    200
healthz                                                     *      405
readyz                                                      GET    503
readyz                                                      *      405
metrics                                                     GET    200
metrics                                                     *      405
i18n/setlang/                                               *      302

# WeCom: without a signature nobody is anybody
^wecom/callback/?$                                          GET    400
^wecom/callback/?$                                          POST   400
^wecom/callback/?$                                          *      405
^wecom/callback/(?P<alias>[A-Za-z0-9_-]+)/?$                GET    400
^wecom/callback/(?P<alias>[A-Za-z0-9_-]+)/?$                POST   400
^wecom/callback/(?P<alias>[A-Za-z0-9_-]+)/?$                *      405

# the API; POST sends {}
api/v1/^items/$                                             GET    401 200 200 200 200 200
api/v1/^items/$                                             POST   401 400 400 400 400 400
api/v1/^items/$                                             *      401 405 405 405 405 405
api/v1/^items/(?P<pk>[0-9]{1,18})/$                         GET    401 200 200 200 200 200
api/v1/^items/(?P<pk>[0-9]{1,18})/$                         *      401 405 405 405 405 405
api/v1/^contact-requests/$                                  GET    401 200 200 200 200 200
api/v1/^contact-requests/$                                  POST   401 400 400 400 400 400
api/v1/^contact-requests/$                                  *      401 405 405 405 405 405
api/v1/^contact-requests/(?P<pk>[0-9]{1,18})/$              GET    401 404 404 200 200 200
api/v1/^contact-requests/(?P<pk>[0-9]{1,18})/$              *      401 405 405 405 405 405
api/v1/^contact-requests/(?P<pk>[0-9]{1,18})/withdraw/$     POST   401 404 404 403 403 409
api/v1/^contact-requests/(?P<pk>[0-9]{1,18})/withdraw/$     *      401 405 405 405 405 405
api/schema/                                                 GET    200
api/schema/                                                 *      405
api/docs/                                                   GET    200
api/docs/                                                   *      405
api/^(?P<rest>[\s\S]*)$                                     *      404

# the administration as such
admin/                                                      *      302 404 200 200 200 200
admin/search/                                               *      302 404 200 200 200 200
admin/login/                                                GET    200 200 302 302 302 302
admin/login/                                                POST   200
admin/login/                                                PUT    200
admin/login/                                                *      405
admin/logout/                                               POST   302 302 200 200 200 200
admin/logout/                                               *      302 302 405 405 405 405
admin/password_change/                                      GET    302 404 200 200 200 200
admin/password_change/                                      POST   302 404 200 200 200 200
admin/password_change/                                      PUT    302 404 200 200 200 200
admin/password_change/                                      *      302 404 405 405 405 405
admin/password_change/done/                                 GET    302 404 200 200 200 200
admin/password_change/done/                                 *      302 404 405 405 405 405
admin/autocomplete/                                         GET    302 404 403 403 403 403
admin/autocomplete/                                         *      302 404 405 405 405 405
admin/jsi18n/                                               GET    302 404 200 200 200 200
admin/jsi18n/                                               *      302 404 405 405 405 405
admin/r/<path:content_type_id>/<path:object_id>/            *      302 404 404 404 404 404
admin/^(?P<app_label>wecom|lostfound|auth|authtoken)/$      *      302 404 404 200 200 200
admin/(?P<url>.*)$                                          *      302 404 404 404 404 404

# things lost and found: may be registered and corrected, never deleted
admin/{item}/                                               *      302 404 403 200 200 200
admin/{item}/add/                                           *      302 404 403 403 403 200
admin/{item}/<path:object_id>/ask/                          *      302 404 403 403 403 200
admin/{item}/<path:object_id>/move/                         *      302 404 403 403 200 200
admin/{item}/thanks/                                        GET    302 404 403 200 200 200
admin/{item}/thanks/                                        POST   302 404 403 403 403 200
admin/{item}/thanks/                                        *      302 404 403 200 200 200
admin/{item}/<path:object_id>/handover/                     *      302 404 403 403 200 200
admin/{item}/<path:object_id>/label/                        *      302 404 403 200 200 200
admin/{item}/<path:object_id>/do/<slug:deed>/               POST   302 404 403 403 302 302
admin/{item}/<path:object_id>/do/<slug:deed>/               *      302 404 405 405 405 405
admin/{item}/<path:object_id>/change/                       POST   302 404 403 403 200 200
admin/{item}/<path:object_id>/change/                       *      302 404 403 200 200 200
admin/{item}/<path:object_id>/history/                      *      302 404 403 200 200 200
admin/{item}/<path:object_id>/delete/                       *      302 404 403 403 403 403
admin/{item}/<path:object_id>/                              *      302 404 302 302 302 302

# records: nobody writes them, deeds go through decisions
admin/{record}/                                             *      302 404 403 200 200 200
admin/{record}/add/                                         *      302 404 403 403 403 403
admin/{record}/<path:object_id>/do/<slug:deed>/             POST   302 404 403 403 302 302
admin/{record}/<path:object_id>/do/<slug:deed>/             *      302 404 405 405 405 405
admin/{record}/<path:object_id>/change/                     POST   302 404 403 403 403 403
admin/{record}/<path:object_id>/change/                     *      302 404 403 200 200 200
admin/{record}/<path:object_id>/history/                    *      302 404 403 200 200 200
admin/{record}/<path:object_id>/delete/                     *      302 404 403 403 403 403
admin/{record}/<path:object_id>/                            *      302 404 302 302 302 302
admin/wecom/alert/doctor/                                   PUT    302 404 403 403 403 403
admin/wecom/alert/doctor/                                   DELETE 302 404 403 403 403 403
admin/wecom/alert/doctor/                                   *      302 404 403 200 200 200
admin/{alert}/                                              *      302 404 403 200 200 200
admin/{alert}/add/                                          *      302 404 403 403 403 403
admin/{alert}/<path:object_id>/do/<slug:deed>/              POST   302 404 404 404 404 404
admin/{alert}/<path:object_id>/do/<slug:deed>/              *      302 404 405 405 405 405
admin/{alert}/<path:object_id>/change/                      POST   302 404 403 403 403 403
admin/{alert}/<path:object_id>/change/                      *      302 404 403 200 200 200
admin/{alert}/<path:object_id>/history/                     *      302 404 403 200 200 200
admin/{alert}/<path:object_id>/delete/                      *      302 404 403 403 403 403
admin/{alert}/<path:object_id>/                             *      302 404 302 302 302 302
admin/lostfound/responsecode/<path:object_id>/do/<slug:deed>/ POST 302 404 404 404 404 404
admin/wecom/responsecode/<path:object_id>/do/<slug:deed>/     POST 302 404 404 404 404 404
admin/wecom/responsecode/<path:object_id>/do/<slug:deed>/     *    302 404 405 405 405 405
admin/lostfound/responsecode/<path:object_id>/do/<slug:deed>/ *    302 404 405 405 405 405

# people who log in, and tokens of the API
admin/{account}/                                            *      302 404 403 200 200 200
admin/{account}/add/                                        *      302 404 403 403 403 200
admin/auth/user/<id>/password/                               *      302 404 403 403 200 200
admin/{account}/<path:object_id>/change/                    POST   302 404 403 403 200 200
admin/{account}/<path:object_id>/change/                    *      302 404 403 200 200 200
admin/{account}/<path:object_id>/history/                   *      302 404 403 200 200 200
admin/{account}/<path:object_id>/delete/                    POST   302 404 403 403 403 302
admin/{account}/<path:object_id>/delete/                    *      302 404 403 403 403 200
admin/{account}/<path:object_id>/                           *      302 404 302 302 302 302
admin/{group}/                                              *      302 404 403 200 200 200
admin/{group}/add/                                          *      302 404 403 403 403 200
admin/{group}/<path:object_id>/change/                      POST   302 404 403 403 403 200
admin/{group}/<path:object_id>/change/                      *      302 404 403 200 200 200
admin/{group}/<path:object_id>/history/                     *      302 404 403 200 200 200
admin/{group}/<path:object_id>/delete/                      POST   302 404 403 403 403 302
admin/{group}/<path:object_id>/delete/                      *      302 404 403 403 403 200
admin/{group}/<path:object_id>/                             *      302 404 302 302 302 302
admin/{token}/                                              *      302 404 403 200 200 200
admin/{token}/add/                                          *      302 404 403 403 403 200
admin/{token}/<path:object_id>/change/                      POST   302 404 403 403 200 200
admin/{token}/<path:object_id>/change/                      *      302 404 403 200 200 200
admin/{token}/<path:object_id>/history/                     *      302 404 403 200 200 200
admin/{token}/<path:object_id>/delete/                      POST   302 404 403 403 403 302
admin/{token}/<path:object_id>/delete/                      *      302 404 403 403 403 200
admin/{token}/<path:object_id>/                             *      302 404 302 302 302 302

# the sandbox: there while debug is on, for everybody
sandbox/^cgi-bin/(?P<path>[\w/]{1,128})/?$                  *      200
sandbox/connect/oauth2/authorize                            GET    400
sandbox/connect/oauth2/authorize                            POST   400
sandbox/connect/oauth2/authorize                            *      405
sandbox/wwlogin/sso/login                                   GET    400
sandbox/wwlogin/sso/login                                   POST   400
sandbox/wwlogin/sso/login                                   *      405
sandbox/control/tap/                                        POST   400
sandbox/control/tap/                                        *      405
sandbox/control/say/                                        POST   400
sandbox/control/say/                                        *      405
sandbox/control/menu/                                       POST   400
sandbox/control/menu/                                       *      405
sandbox/control/faults/                                     GET    200
sandbox/control/faults/                                     POST   400
sandbox/control/faults/                                     DELETE 200
sandbox/control/faults/                                     *      405
sandbox/control/ledger/                                     GET    200
sandbox/control/ledger/                                     *      405
sandbox/control/reset/                                      POST   200
sandbox/control/reset/                                      *      405
sandbox/control/clock/                                      GET    200
sandbox/control/clock/                                      POST   200
sandbox/control/clock/                                      *      405
sandbox/control/members/                                    GET    200
sandbox/control/members/                                    POST   400
sandbox/control/members/                                    DELETE 400
sandbox/control/members/                                    *      405
sandbox/control/event/                                      POST   400
sandbox/control/event/                                      *      405
sandbox/control/world/                                      POST   400
sandbox/control/world/                                      *      405
sandbox/control/check/                                      POST   200
sandbox/control/check/                                      *      405
sandbox/                                                    GET    200
sandbox/                                                    *      405
sandbox/world/                                              POST   302
sandbox/world/                                              *      405
sandbox/^phone/(?P<userid>[^/]{1,64})/(?P<path>.*)$         *      404
sandbox/poll/                                               GET    200
sandbox/poll/                                               *      405
sandbox/tap/                                                POST   302
sandbox/tap/                                                *      405
sandbox/say/                                                POST   302
sandbox/say/                                                *      405
sandbox/enter/                                              POST   302
sandbox/enter/                                              *      405
sandbox/menu/                                               POST   302
sandbox/menu/                                               *      405
sandbox/faults/add/                                         POST   302
sandbox/faults/add/                                         *      405
sandbox/faults/remove/                                      POST   302
sandbox/faults/remove/                                      *      405
sandbox/clock/                                              POST   302
sandbox/clock/                                              *      405
sandbox/check/                                              POST   302
sandbox/check/                                              *      405
sandbox/reset/                                              POST   302
sandbox/reset/                                              *      405
sandbox/media/<str:media_id>/                               GET    404
sandbox/media/<str:media_id>/                               *      405
sandbox/article/<int:message_id>/<int:number>/              GET    404
sandbox/article/<int:message_id>/<int:number>/              *      405
sandbox/member/<str:userid>/                                GET    404
sandbox/member/<str:userid>/                                *      405
"""


def rows() -> Iterator[tuple[str, str, dict[str, int]]]:
    """Pattern, method and the status of each role; groups are spelled out."""
    for line in TABLE.splitlines():
        if not line or line.startswith("#"):
            continue
        said, _, of_members = line.partition(" | ")
        pattern, method, *statuses = said.split()
        numbers = _one_each(statuses, ROLES)
        numbers |= _one_each(of_members.split() or [str(numbers[_like(pattern)])], MEMBERS)
        group = next((name for name in GROUPS if f"{{{name}}}" in pattern), None)
        for model in GROUPS[group] if group else ("",):
            spelled = pattern.replace(f"{{{group}}}", model) if group else pattern
            yield "" if spelled == "home" else spelled, method, numbers


def _like(pattern: str) -> str:
    """The role whose answers a member gets where no line says otherwise: the admin is not there for either."""
    return "user" if pattern.startswith("admin/") else "nobody"


def _one_each(statuses: list[str], roles: tuple[str, ...]) -> dict[str, int]:
    return dict(zip(roles, map(int, statuses * (len(roles) if len(statuses) == 1 else 1)), strict=True))


def expected() -> dict[tuple[str, str], dict[str, int]]:
    """(pattern, method) → role → status. A later line is the more special one, `*` the least."""
    table = {(pattern, method): statuses for pattern, method, statuses in rows()}
    patterns = dict.fromkeys(pattern for pattern, _ in table)
    found = {(p, m): table.get((p, m)) or table.get((p, "*")) for p in patterns for m in METHODS}
    return {key: statuses for key, statuses in found.items() if statuses}
