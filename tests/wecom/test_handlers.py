"""Handlers: which one an event goes to, and what is said at start-up where that cannot be right."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.checks import run_checks

from wecom import dispatch
from wecom.errors import ConfigError
from wecom.events import (
    CardTap,
    DeleteUser,
    EnterAgent,
    Event,
    ImageMessage,
    TemplateCardEvent,
    TemplateCardMenuEvent,
    TextMessage,
    Unknown,
    UpdateUser,
)
from wecom.handlers import on_card, on_event, on_message


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    with dispatch.alone():
        yield


def tap(key: str = "confirm", app: str = "default") -> TemplateCardEvent:
    return TemplateCardEvent(app=app, userid="lisi", task_id="t-1", event_key=key)


def menu(key: str) -> TemplateCardMenuEvent:
    return TemplateCardMenuEvent(app="default", userid="lisi", task_id="t-1", event_key=key)


def text(content: str, app: str = "default") -> TextMessage:
    return TextMessage(app=app, userid="lisi", content=content, msg_id="1")


def image() -> ImageMessage:
    return ImageMessage(app="default", userid="lisi", pic_url="", media_id="m", msg_id="2")


def goes_to(event: Event) -> str | None:
    """The name that a test gave to the handler which is found."""
    route = dispatch.find(event)
    return None if route is None else str(route.handler())


def named(name: str) -> Any:
    return lambda: name


class TestTheMostSpecificRuns:
    def test_an_exact_key_goes_before_a_pattern_and_that_before_any(self) -> None:
        on_event(TemplateCardEvent)(named("event"))
        on_card()(named("any"))
        on_card(re.compile(r"con.*"))(named("pattern"))
        on_card("confirm", "yes")(named("exact"))
        assert [goes_to(tap(key)) for key in ("confirm", "yes", "contract", "no")] == [
            "exact",
            "exact",
            "pattern",
            "any",
        ]

    def test_on_card_hears_of_menu_entries_too(self) -> None:
        on_card("remind")(named("remind"))
        assert goes_to(menu("remind")) == "remind"

    def test_a_pattern_fits_the_whole_key(self) -> None:
        on_card(re.compile(r"page:\d+"))(named("page"))
        assert [goes_to(tap(key)) for key in ("page:12", "page:", "page:12x", "a page:12")] == [
            "page",
            None,
            None,
            None,
        ]

    def test_of_two_patterns_the_first_one_registered(self) -> None:
        on_card(re.compile("a.*"))(named("first"))
        on_card(re.compile(".*b"))(named("second"))
        assert goes_to(tap("ab")) == "first"

    def test_one_for_this_app_goes_before_one_for_every_app(self) -> None:
        on_card("confirm")(named("every"))
        on_card("confirm", app="hr")(named("hr"))
        assert (goes_to(tap(app="hr")), goes_to(tap())) == ("hr", "every")

    def test_the_key_counts_more_than_the_app(self) -> None:
        on_card(app="hr")(named("any of hr"))
        on_card("confirm")(named("exact"))
        assert (goes_to(tap(app="hr")), goes_to(tap("x", app="hr"))) == ("exact", "any of hr")

    def test_a_handler_of_another_app_hears_nothing(self) -> None:
        on_card("confirm", app="hr")(named("hr"))
        assert goes_to(tap()) is None

    def test_a_text_goes_before_a_pattern_and_that_before_its_type(self) -> None:
        on_message()(named("any"))
        on_message(TextMessage)(named("text"))
        on_message(re.compile("伞"))(named("umbrella"))
        on_message("帮助", "help")(named("help"))
        said = [text(" 帮助\n"), text("help"), text("一把伞"), text("你好"), image()]
        assert [goes_to(one) for one in said] == ["help", "help", "umbrella", "text", "any"]

    def test_a_message_of_a_type_that_nobody_knows_is_a_message(self) -> None:
        on_message()(named("message"))
        assert goes_to(Unknown(app="default", userid="lisi", msg_type="hologram")) == "message"
        assert goes_to(Unknown(app="default", userid="lisi", msg_type="event", event="new")) is None
        assert goes_to(tap()) is None

    def test_an_event_by_class_or_by_name_is_the_same(self) -> None:
        on_event("enter_agent")(named("entered"))
        assert goes_to(EnterAgent(app="default", userid="lisi")) == "entered"

    def test_an_event_without_a_class_is_found_by_its_name(self) -> None:
        on_event("brand_new")(named("new"))
        assert goes_to(Unknown(app="default", userid="", msg_type="event", event="brand_new")) == "new"
        assert goes_to(Unknown(app="default", userid="", msg_type="event", event="other")) is None

    def test_a_name_that_covers_several_events_covers_them_all(self) -> None:
        on_event("change_contact")(named("changed"))
        on_event(DeleteUser)(named("deleted"))
        assert goes_to(UpdateUser(app="default", userid="sys")) == "changed"
        assert goes_to(DeleteUser(app="default", userid="sys")) == "deleted"

    def test_an_overlong_tap_that_came_as_unknown_is_no_tap(self) -> None:
        on_event("template_card_event")(named("tap"))
        assert goes_to(Unknown(app="default", userid="", msg_type="event", event="template_card_event")) is None

    def test_the_nearer_class_goes_first(self) -> None:
        on_event()(named("anything"))
        on_event(CardTap)(named("tap"))
        on_event(TemplateCardEvent)(named("button"))
        assert [goes_to(one) for one in (tap(), menu("x"), text("x"))] == ["button", "tap", "anything"]


def confirm() -> None:
    """One of two handlers of the same key."""


def agree() -> None:
    """The other one."""


class TestRefusedAtStartUp:
    @pytest.mark.parametrize(
        "decorator",
        [
            lambda: on_card("confirm"),
            lambda: on_card("confirm", app="hr"),
            lambda: on_card(),
            lambda: on_card(re.compile("a+")),
            lambda: on_message("a"),
            lambda: on_message(),
            lambda: on_message(ImageMessage),
            lambda: on_event("enter_agent"),
            lambda: on_event("brand_new"),
        ],
    )
    def test_two_handlers_for_one_thing_are_named_both(self, decorator: Any) -> None:
        decorator()(confirm)
        with pytest.raises(ConfigError) as caught:
            decorator()(agree)
        assert f"{__name__}.confirm (line " in str(caught.value)
        assert f"{__name__}.agree (line " in str(caught.value)

    def test_a_name_and_its_class_are_one_thing(self) -> None:
        on_event("enter_agent")(confirm)
        with pytest.raises(ConfigError, match=r"two handlers for @on_event\(EnterAgent\)"):
            on_event(EnterAgent)(agree)

    def test_the_same_key_in_two_apps_is_two_things(self) -> None:
        on_card("confirm", app="hr")(confirm)
        on_card("confirm", app="it")(agree)
        on_card("confirm")(named("every"))

    def test_an_unknown_parameter_is_named_with_those_that_are_known(self) -> None:
        with pytest.raises(ConfigError, match=r"asks for evnt; a handler may ask for event, user, reply, .*, update"):

            @on_card("confirm")
            def handler(evnt: Any) -> None: ...

    @pytest.mark.parametrize("decorator", [on_message(), on_event(EnterAgent)])
    def test_only_who_hears_of_taps_may_ask_for_a_card(self, decorator: Any) -> None:
        with pytest.raises(ConfigError, match="asks for card, update"):
            decorator(lambda card, update: None)

    def test_catch_alls_and_aliases_may_ask_for_everything(self) -> None:
        everything = lambda event, card, user, reply, update, client, received, match: None  # noqa: E731
        on_card()(everything)
        on_event()(everything)
        on_event("template_card_menu_event")(everything)

    def test_the_brackets_of_a_decorator_are_not_forgotten(self) -> None:
        for decorator in (on_card, on_message, on_event):
            with pytest.raises(ConfigError, match=r"write @on_\w+\(\) for all"):
                decorator(confirm)  # type: ignore[arg-type]

    @pytest.mark.parametrize("key", ["", 7, None, b"x"])
    def test_what_is_no_key_is_refused(self, key: Any) -> None:
        for decorator in (on_card, on_message, on_event):
            with pytest.raises(ConfigError):
                decorator(key)

    def test_what_nobody_would_wait_for_is_refused(self) -> None:
        async def waits() -> None: ...

        def yields() -> Iterator[None]:
            yield

        for handler in (waits, yields):
            with pytest.raises(ConfigError, match="plain function"):
                on_card("x")(handler)
        assert dispatch.routes() == []

    @pytest.mark.parametrize("at_once", ["", 7, lambda: "x", lambda event, card: "x"])
    def test_an_answer_at_once_that_cannot_be_given_is_refused(self, at_once: Any) -> None:
        with pytest.raises(ConfigError, match="at_once"):
            on_card("x", at_once=at_once)(confirm)

    def test_two_pieces_of_work_of_one_name_are_refused(self) -> None:
        from datetime import timedelta
        from unittest.mock import patch

        with patch.dict(dispatch._periodic, clear=True):
            dispatch.periodic("sweep", every=timedelta(1))(confirm)
            with pytest.raises(ConfigError, match=r"confirm .* and .*agree"):
                dispatch.periodic("sweep", every=timedelta(1))(agree)


def test_a_handler_for_an_app_that_nobody_has_is_named_by_the_checks() -> None:
    on_card("confirm", app="hr")(confirm)
    on_card("confirm", app="default")(agree)
    found = [message for message in run_checks(tags=["wecom"]) if message.id == "wecom.W003"]
    assert [str(message.msg) for message in found] == [
        f"{dispatch.name_of(confirm)}: @on_card('confirm', app='hr') is for an app that settings.WECOM does not name."
    ]


def test_a_handler_stays_the_function_it_was() -> None:
    assert on_card("confirm")(confirm) is confirm


def test_a_route_reads_as_it_was_written() -> None:
    on_card("a", re.compile("b+"), app="hr")(confirm)
    on_message(ImageMessage)(confirm)
    on_message()(confirm)
    assert [str(route) for route in dispatch.routes()] == [
        "@on_card('a', app='hr')",
        "@on_card(re.compile('b+'), app='hr')",
        "@on_message(ImageMessage)",
        "@on_message()",
    ]
