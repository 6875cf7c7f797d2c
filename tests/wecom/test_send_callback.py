"""wecom_send_callback, against a server of our own."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.support import free_port
from wecom import conf, events
from wecom.models import Callback

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def url(live_server: Any) -> str:
    return f"{live_server.url}/wecom/callback/"


def test_a_tap_arrives_as_wecom_would_send_it(url: str, capsys: pytest.CaptureFixture) -> None:
    tap = ["--from", "LiSi", "--task-id", "lf-1-1-ab", "--event-key", "confirm"]
    call_command("wecom_send_callback", "--url", url, *tap)
    kept = Callback.objects.get()
    assert (kept.event, kept.userid, kept.task_id, kept.event_key) == (
        "template_card_event",
        "LiSi",
        "lf-1-1-ab",
        "confirm",
    )
    assert "status=200" in capsys.readouterr().out


def test_the_same_message_can_be_posted_several_times(url: str) -> None:
    call_command("wecom_send_callback", "--url", url, "--task-id", "t", "--event-key", "confirm", "--repeat", "3")
    assert Callback.objects.get().repeats == 2


def test_any_message_can_be_built_of_fields(url: str) -> None:
    fields = ["--field", "Content=丢了<雨伞> & 钥匙", "--field", "MsgId=7"]
    call_command("wecom_send_callback", "--url", url, "--msg-type", "text", *fields)
    kept = Callback.objects.get()
    assert kept.event == "text"
    assert "丢了&lt;雨伞&gt; &amp; 钥匙" in kept.plaintext


def test_elements_inside_others_can_be_built_too(url: str) -> None:
    inside = "SelectedItems/SelectedItem/"
    fields = [f"{inside}QuestionKey=where", f"{inside}OptionIds/OptionId=a", f"{inside}OptionIds/OptionId=b"]
    options = [option for field in fields for option in ("--field", field)]
    call_command("wecom_send_callback", "--url", url, "--task-id", "t", "--event-key", "vote", *options)
    event = events.parse(Callback.objects.get().plaintext.encode(), app="default")
    assert isinstance(event, events.TemplateCardEvent)
    assert event.answers == {"where": ("a", "b")}


def test_every_event_can_be_played(url: str) -> None:
    for kind in events.EVENT_KINDS:
        change = ["--field", f"ChangeType={kind.CHANGE_TYPE}"] if kind.CHANGE_TYPE else []
        call_command("wecom_send_callback", "--url", url, "--event", kind.NAME, "--task-id", "t", *change)
    read = [events.parse(row.plaintext.encode(), app="default") for row in Callback.objects.order_by("pk")]
    assert [type(event) for event in read] == list(events.EVENT_KINDS)


def test_an_old_timestamp_can_be_played(url: str) -> None:
    call_command("wecom_send_callback", "--url", url, "--event", "enter_agent", "--age", "900")
    assert Callback.objects.get().state == "quarantined"


def test_the_keys_of_before_a_rotation_can_be_played(url: str, settings: Any) -> None:
    before = settings.WECOM["default"]
    pair = {name: before[name] for name in ("CALLBACK_TOKEN", "ENCODING_AES_KEY")}
    settings.WECOM = {"default": {**before, "CALLBACK_TOKEN": "New1", "PREVIOUS_CALLBACK_KEYS": [pair]}}
    tap = ["--url", url, "--task-id", "t", "--event-key", "confirm"]
    call_command("wecom_send_callback", "--previous-keys", *tap)
    assert Callback.objects.count() == 1
    settings.WECOM = {"default": {**before, "PREVIOUS_CALLBACK_KEYS": [{**pair, "CALLBACK_TOKEN": "Old1"}]}}
    call_command("wecom_send_callback", *tap)
    settings.WECOM = {"default": before}
    with pytest.raises(CommandError, match="no PREVIOUS_CALLBACK_KEYS") as raised:
        call_command("wecom_send_callback", "--previous-keys", *tap)
    assert raised.value.returncode == 2


def test_a_server_that_is_away_is_said_in_one_sentence() -> None:
    with pytest.raises(CommandError, match="Is the server running"):
        call_command("wecom_send_callback", "--url", f"http://127.0.0.1:{free_port()}/wecom/callback/")


def test_a_refusal_is_an_error(url: str, settings: Any) -> None:
    with pytest.raises(CommandError, match="404"):
        call_command("wecom_send_callback", "--url", url + "nobody/")
    assert conf.app().alias == "default"


@pytest.mark.parametrize("pair", ["no-equals-sign", "=value", "<x>=1", "A/=1", "/A=1"])
def test_a_field_that_is_none_is_refused(url: str, pair: str) -> None:
    with pytest.raises(CommandError) as raised:
        call_command("wecom_send_callback", "--url", url, "--field", pair)
    assert raised.value.returncode == 2


def test_an_unknown_app_is_refused(url: str) -> None:
    with pytest.raises(CommandError, match="nobody"):
        call_command("wecom_send_callback", "--app", "nobody")
