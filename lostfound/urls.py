"""Door: the addresses of the lost and found."""

from django.urls import include, path

from .pages import lists, login, report, requests

urlpatterns = [
    path("", lists.found, name="home"),
    path("lost/", lists.lost, name="lost"),
    path("items/<int:pk>/", lists.item, name="item"),
    path("items/<int:pk>/ask/", requests.ask, name="ask"),
    path("items/<int:pk>/returned/", report.returned, name="returned"),
    path("report/", report.choose, name="report"),
    path("report/<str:kind>/", report.report, name="report_kind"),
    path("photos/", report.upload, name="photo_upload"),
    path("photos/<slug:key>/<slug:size>.webp", report.photo, name="photo"),
    path("requests/", requests.mine, name="mine"),
    path("requests/<int:pk>/", requests.answer, name="answer"),
    path("requests/<int:pk>/withdraw/", requests.withdraw, name="withdraw"),
    path("preferences/", requests.preferences, name="preferences"),
    path("login/", login.login, name="login"),
    path("login/back/", login.back, name="login_back"),
    path("logout/", login.logout, name="logout"),
    path("logged-out/", login.logged_out, name="logged_out"),
    path("api/", include("lostfound.api.urls")),
]
