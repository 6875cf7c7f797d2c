"""Door: the sandbox's addresses."""

from django.urls import path, re_path

from . import views_api, views_control, views_login, views_phones

app_name = "sandbox"

urlpatterns = [
    re_path(r"^cgi-bin/(?P<path>[\w/]{1,128})/?$", views_api.call, name="api"),
    path("connect/oauth2/authorize", views_login.authorize, name="authorize"),
    path("wwlogin/sso/login", views_login.authorize, name="qr_login"),
    path("control/tap/", views_control.tap),
    path("control/say/", views_control.say),
    path("control/event/", views_control.event),
    path("control/menu/", views_control.press_menu),
    path("control/faults/", views_control.faults_),
    path("control/ledger/", views_control.ledger_),
    path("control/reset/", views_control.reset),
    path("control/world/", views_control.world),
    path("control/clock/", views_control.clock_),
    path("control/members/", views_control.members),
    path("control/check/", views_control.check),
    path("", views_phones.phones, name="phones"),
    re_path(r"^phone/(?P<userid>[^/]{1,64})/(?P<path>.*)$", views_phones.browser_, name="browser"),
    path("poll/", views_phones.poll, name="poll"),
    path("tap/", views_phones.tap, name="tap"),
    path("say/", views_phones.say, name="say"),
    path("enter/", views_phones.enter, name="enter"),
    path("menu/", views_phones.press_menu, name="press_menu"),
    path("faults/add/", views_phones.add_fault, name="add_fault"),
    path("faults/remove/", views_phones.remove_fault, name="remove_fault"),
    path("clock/", views_phones.set_clock, name="set_clock"),
    path("check/", views_phones.check_url, name="check_url"),
    path("world/", views_phones.load_world, name="load_world"),
    path("reset/", views_phones.reset, name="reset"),
    path("media/<str:media_id>/", views_phones.media, name="media"),
    path("article/<int:message_id>/<int:number>/", views_phones.article, name="article"),
    path("member/<str:userid>/", views_phones.profile, name="profile"),
]
