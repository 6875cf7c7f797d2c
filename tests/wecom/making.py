"""Cards to test with: an example of each type, and Hypothesis' way to any other."""

from typing import Any

from hypothesis import strategies as st

from wecom.cards import (
    ActionMenu,
    Button,
    ButtonInteraction,
    ButtonSelection,
    Card,
    CardAction,
    CardImage,
    Checkbox,
    CheckboxOption,
    Emphasis,
    HorizontalItem,
    ImageTextArea,
    Jump,
    MainTitle,
    MenuAction,
    MultipleInteraction,
    NewsNotice,
    QuoteArea,
    Select,
    SelectionOption,
    Source,
    SubmitButton,
    TextNotice,
    VerticalItem,
    VoteInteraction,
)

URL = "https://lf.example.com/items/42"
PICTURE = "https://lf.example.com/pictures/42.jpg"

QUESTION = ButtonInteraction(
    task_id="lf-42-7f3a@1",
    main_title=MainTitle(title="有人认领您捡到的工卡", desc="编号 42"),
    button_list=[Button(text="确认", key="confirm"), Button(text="不是我", style=2, key="decline")],
)
NOTICE = TextNotice(card_action=CardAction(type=1, url=URL), sub_title_text="工卡已归还")
NEWS = NewsNotice(
    card_action=CardAction(type=1, url=URL),
    main_title=MainTitle(title="新捡到的物品"),
    card_image=CardImage(url=PICTURE),
)
VOTE = VoteInteraction(
    task_id="lf-43-9c1e",
    main_title=MainTitle(title="失物柜放在哪里"),
    checkbox=Checkbox(
        question_key="where",
        mode=1,
        option_list=[
            CheckboxOption(id="canteen", text="食堂"),
            CheckboxOption(id="library", text="图书馆"),
            CheckboxOption(id="gate", text="门口"),
        ],
    ),
    submit_button=SubmitButton(text="投票", key="send-vote"),
)
FORM = MultipleInteraction(
    task_id="lf-44-0b7d",
    main_title=MainTitle(title="约个时间领取"),
    select_list=[
        Select(
            question_key="floor",
            title="楼层",
            option_list=[SelectionOption(id="f1", text="一楼"), SelectionOption(id="f2", text="二楼")],
        ),
        Select(
            question_key="day",
            title="日期",
            option_list=[SelectionOption(id="today", text="今天"), SelectionOption(id="tomorrow", text="明天")],
        ),
    ],
    submit_button=SubmitButton(key="send-form"),
)
EXAMPLES: tuple[Card, ...] = (NOTICE, NEWS, QUESTION, VOTE, FORM)


def option(number: int) -> SelectionOption:
    return SelectionOption(id=f"o{number}", text=f"选项 {number}")


def tick(number: int) -> CheckboxOption:
    return CheckboxOption(id=f"o{number}", text=f"选项 {number}")


def selection(**changes: Any) -> ButtonSelection:
    return ButtonSelection(**{"question_key": "where", "option_list": [option(1), option(2)], **changes})


def menu(count: int = 1) -> ActionMenu:
    return ActionMenu(desc="更多", action_list=[MenuAction(text=f"第 {n}", key=f"k{n}") for n in range(count)])


def untyped(value: Any) -> Any:
    """A value of a type that mypy would not let pass."""
    return value


# Any card. Whatever takes part in a rule is drawn so that the rule holds.
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30)
filled = texts.filter(bool)
urls = st.sampled_from([URL, PICTURE])
task_ids = st.from_regex(r"[0-9A-Za-z_@-]{1,128}", fullmatch=True)
option_ids = filled.filter(lambda text: len(text.encode()) <= 128)
linked: dict[str, Any] = {"type": st.integers(0, 2), "url": urls, "appid": filled, "pagepath": texts}
sources = st.builds(Source, icon_url=urls, desc=texts, desc_color=st.integers(0, 3))
titles = st.builds(MainTitle, title=filled, desc=texts)
quotes = st.builds(QuoteArea, title=texts, quote_text=texts, **linked)
actions = st.builds(CardAction, **{**linked, "type": st.integers(1, 2)})
rows = st.builds(
    HorizontalItem, keyname=filled, value=texts, type=st.integers(0, 3), url=urls, media_id=filled, userid=filled
)
menus = st.builds(
    ActionMenu,
    desc=texts,
    action_list=st.lists(
        st.builds(MenuAction, text=filled, key=filled), min_size=1, max_size=3, unique_by=lambda a: a.key
    ),
)
buttons = st.builds(Button, text=filled, type=st.integers(0, 1), style=st.integers(1, 4), key=filled, url=urls)
submits = st.builds(SubmitButton, key=filled, text=texts)


def drop_downs(kind: type[ButtonSelection] | type[Select]) -> st.SearchStrategy[Any]:
    options = st.lists(
        st.builds(SelectionOption, id=option_ids, text=filled), min_size=1, max_size=10, unique_by=lambda o: o.id
    )
    return st.builds(kind, question_key=filled, title=texts, selected_id=texts, option_list=options)


checkboxes = st.builds(
    Checkbox,
    question_key=filled,
    mode=st.integers(0, 1),
    option_list=st.lists(
        st.builds(CheckboxOption, id=option_ids, text=filled, is_checked=st.booleans()),
        min_size=1,
        max_size=20,
        unique_by=lambda o: o.id,
    ),
)
notice_parts: dict[str, Any] = {
    "task_id": task_ids,
    "card_action": actions,
    "main_title": titles,
    "source": st.none() | sources,
    "action_menu": st.none() | menus,
    "quote_area": st.none() | quotes,
    "horizontal_content_list": st.lists(rows, max_size=6),
    "jump_list": st.lists(st.builds(Jump, **{**linked, "title": filled}), max_size=3),
}
asking_parts: dict[str, Any] = {"task_id": task_ids, "main_title": titles, "source": st.none() | sources}
text_notices = st.builds(
    TextNotice,
    emphasis_content=st.none() | st.builds(Emphasis, title=texts, desc=texts),
    sub_title_text=texts,
    **notice_parts,
)
news_notices = st.builds(
    NewsNotice,
    card_image=st.builds(CardImage, url=urls, aspect_ratio=st.floats(1.3, 2.25)),
    image_text_area=st.none() | st.builds(ImageTextArea, image_url=urls, title=texts, desc=texts, **linked),
    vertical_content_list=st.lists(st.builds(VerticalItem, title=filled, desc=texts), max_size=4),
    **notice_parts,
)
questions = st.builds(
    ButtonInteraction,
    button_list=st.lists(buttons, min_size=1, max_size=6, unique_by=lambda button: button.key),
    action_menu=st.none() | menus,
    quote_area=st.none() | quotes,
    sub_title_text=texts,
    horizontal_content_list=st.lists(rows, max_size=6),
    card_action=st.none() | actions,
    button_selection=st.none() | drop_downs(ButtonSelection),
    **asking_parts,
)
votes = st.builds(VoteInteraction, checkbox=checkboxes, submit_button=submits, **asking_parts)
forms = st.builds(
    MultipleInteraction,
    select_list=st.lists(drop_downs(Select), min_size=1, max_size=3, unique_by=lambda select: select.question_key),
    submit_button=submits,
    **asking_parts,
)
cards: st.SearchStrategy[Card] = st.one_of(text_notices, news_notices, questions, votes, forms)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
