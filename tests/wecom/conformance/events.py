"""Cases of callbacks, decrypted: what must be read, and what must be refused."""

import dataclasses
from datetime import datetime
from typing import Any

from wecom import events

APP = "default"

COMMON = {
    "ToUserName": "ww5a6f0c1d2e3b4a59",
    "FromUserName": "LiSi",
    "CreateTime": "1721000123",
    "AgentID": "1000042",
}
TAP = {
    "MsgType": "event",
    "Event": "template_card_event",
    "EventKey": "confirm",
    "TaskId": "lf-42-7f3a@1",
    "CardType": "button_interaction",
    "ResponseCode": "RC_0123456789abcdef",
}


def xml_of(**elements: str) -> str:
    """A message whose elements have these texts; what WeCom sends as a number stays bare, the rest is CDATA."""
    written = {**COMMON, **elements}
    return f"<xml>{''.join(_element(name, text) for name, text in written.items())}</xml>"


def _element(name: str, text: str) -> str:
    bare = name in ("CreateTime", "AgentID", "MsgId") or text.startswith("<")
    return f"<{name}>{text}</{name}>" if bare else f"<{name}><![CDATA[{text}]]></{name}>"


def chosen(group: str = "OptionIds", option: str = "OptionId", **answers: list[str]) -> str:
    """SelectedItems: for each question what was chosen."""
    return "".join(
        f"<SelectedItem><QuestionKey><![CDATA[{key}]]></QuestionKey>"
        f"<{group}>{''.join(f'<{option}><![CDATA[{one}]]></{option}>' for one in ids)}</{group}></SelectedItem>"
        for key, ids in answers.items()
    )


def event(name: str, **elements: str) -> str:
    return xml_of(MsgType="event", Event=name, **elements)


def change(change_type: str, **elements: str) -> str:
    """A change of the address book; the application has no part in it."""
    return event("change_contact", **{"FromUserName": "sys", "ChangeType": change_type, **elements})


PICTURES = (
    "<Count>2</Count><PicList><item><PicMd5Sum><![CDATA[1b5f7c23b5bf75682a53e7b6d163e185]]></PicMd5Sum></item>"
    "<item><PicMd5Sum><![CDATA[5a75aaca956d97be686719218f275c6b]]></PicMd5Sum></item></PicList>"
)
PLACE = (
    "<Location_X><![CDATA[23.134]]></Location_X><Location_Y><![CDATA[-113.358]]></Location_Y>"
    "<Scale><![CDATA[15]]></Scale><Label><![CDATA[二号楼食堂]]></Label><Poiname><![CDATA[食堂]]></Poiname>"
)
SCAN = "<ScanType><![CDATA[qrcode]]></ScanType><ScanResult><![CDATA[https://lf.example.com/items/42]]></ScanResult>"
JOB = (
    "<JobId><![CDATA[S0MrnndvRG5fadSlLwiBqiDDbM143UqTmKP3152FZk4]]></JobId><JobType><![CDATA[sync_user]]></JobType>"
    "<ErrCode>0</ErrCode><ErrMsg><![CDATA[ok]]></ErrMsg>"
)
APPROVAL = (
    "<ThirdNo><![CDATA[lf-42]]></ThirdNo><OpenSpName><![CDATA[贵重物品领取]]></OpenSpName>"
    "<OpenTemplateId><![CDATA[T-1]]></OpenTemplateId><OpenSpStatus>1</OpenSpStatus><ApplyTime>1721000000</ApplyTime>"
    "<ApplyUserName><![CDATA[张三]]></ApplyUserName><ApplyUserId><![CDATA[zhangsan]]></ApplyUserId>"
    "<ApprovalNodes><ApprovalNode><NodeStatus>1</NodeStatus><NodeAttr>1</NodeAttr><NodeType>1</NodeType><Items>"
    "<Item><ItemName><![CDATA[李四]]></ItemName><ItemUserId><![CDATA[lisi]]></ItemUserId><ItemStatus>2</ItemStatus>"
    "<ItemSpeech><![CDATA[同意]]></ItemSpeech><ItemOpTime>1721000100</ItemOpTime></Item>"
    "<Item><ItemUserId><![CDATA[wangwu]]></ItemUserId><ItemStatus>1</ItemStatus><ItemOpTime>0</ItemOpTime></Item>"
    "</Items></ApprovalNode></ApprovalNodes>"
    "<NotifyNodes><NotifyNode><ItemUserId><![CDATA[zhaoliu]]></ItemUserId></NotifyNode></NotifyNodes>"
    "<approverstep>0</approverstep>"
)
SYS_APPROVAL = (
    "<SpNo>202607150001</SpNo><SpName><![CDATA[贵重物品领取]]></SpName><SpStatus>1</SpStatus>"
    "<TemplateId><![CDATA[T-2]]></TemplateId><ApplyTime>1721000000</ApplyTime>"
    "<Applyer><UserId><![CDATA[zhangsan]]></UserId><Party><![CDATA[2]]></Party></Applyer>"
    "<SpRecord><SpStatus>2</SpStatus><ApproverAttr>1</ApproverAttr><Details><Approver><UserId><![CDATA[lisi]]></UserId>"
    "</Approver><Speech><![CDATA[]]></Speech><SpStatus>2</SpStatus><SpTime>1721000100</SpTime></Details></SpRecord>"
    "<SpRecord><SpStatus>1</SpStatus><ApproverAttr>2</ApproverAttr><Details><Approver><UserId><![CDATA[wangwu]]></UserId>"
    "</Approver><SpStatus>1</SpStatus><SpTime>0</SpTime></Details><Details><Approver><UserId><![CDATA[zhaoliu]]></UserId>"
    "</Approver><SpStatus>1</SpStatus><SpTime>0</SpTime></Details></SpRecord>"
    "<Notifyer><UserId><![CDATA[sunqi]]></UserId></Notifyer><StatuChangeEvent>2</StatuChangeEvent>"
)
MEMBER = {
    "UserID": "lisi",
    "Name": "李四",
    "Department": "1,2",
    "MainDepartment": "1",
    "IsLeaderInDept": "1,0",
    "DirectLeader": "wangwu,zhaoliu",
    "Position": "保安",
    "Mobile": "13800000000",
    "Gender": "1",
    "Email": "lisi@example.com",
    "BizMail": "lisi@corp.example.com",
    "Status": "1",
    "Avatar": "https://pic.example.com/lisi",
    "Alias": "lisi",
    "Telephone": "020-123456",
    "Address": "广州市",
    "ExtAttr": "<Item><Name><![CDATA[工号]]></Name><Type>0</Type><Text><Value><![CDATA[7]]></Value></Text></Item>",
}
EVENTS: dict[str, str] = {
    "card-button": xml_of(**TAP),
    "card-vote": xml_of(
        **{**TAP, "CardType": "vote_interaction", "EventKey": "submit"}, SelectedItems=chosen(where=["hall", "desk"])
    ),
    "card-two-questions": xml_of(
        **{**TAP, "CardType": "multiple_interaction"}, SelectedItems=chosen(where=["hall"], when=["noon"])
    ),
    "card-question-without-answer": xml_of(**TAP, SelectedItems=chosen(where=[])),
    "card-misspelt-options": xml_of(**TAP, SelectedItems=chosen("OpitonIds", "OpitonId", where=["hall"])),
    "card-menu": xml_of(**{**TAP, "Event": "template_card_menu_event", "EventKey": "not-today"}),
    "text": xml_of(MsgType="text", Content="丢了一把蓝色的雨伞 ☂ <b>&amp;</b>", MsgId="7391234567890123456"),
    "text-empty": xml_of(MsgType="text", Content="", MsgId="7391234567890123457"),
    "image": xml_of(
        MsgType="image", PicUrl="https://example.com/p.jpg", MediaId="MEDIA-1_x", MsgId="7391234567890123458"
    ),
    "voice": xml_of(MsgType="voice", MediaId="MEDIA-2", Format="amr", MsgId="7391234567890123459"),
    "video": xml_of(MsgType="video", MediaId="MEDIA-3", ThumbMediaId="MEDIA-4", MsgId="7391234567890123460"),
    "location": xml_of(
        MsgType="location",
        Location_X="23.134",
        Location_Y="-113.358",
        Scale="20",
        Label="二号楼食堂",
        AppType="wxwork",
        MsgId="7391234567890123461",
    ),
    "location-without-numbers": xml_of(MsgType="location", Location_X="north", Location_Y="", Scale="1.5", MsgId="4"),
    "link": xml_of(
        MsgType="link",
        Title="失物招领",
        Description="捡到的物品",
        Url="https://lf.example.com/",
        PicUrl="https://lf.example.com/p.jpg",
        MsgId="7391234567890123462",
    ),
    "enter": xml_of(MsgType="event", Event="enter_agent", EventKey=""),
    "subscribe": xml_of(MsgType="event", Event="subscribe"),
    "unsubscribe": xml_of(MsgType="event", Event="unsubscribe"),
    "position-report": event("LOCATION", Latitude="23.104", Longitude="113.320", Precision="65.000", AppType="wxwork"),
    "menu-click": event("click", EventKey="mine"),
    "menu-view": event("view", EventKey="https://lf.example.com/lost/"),
    "menu-miniprogram": event("view_miniprogram", EventKey="pages/index"),
    "menu-scan": event("scancode_push", EventKey="scan", ScanCodeInfo=SCAN),
    "menu-scan-and-wait": event("scancode_waitmsg", EventKey="scan", ScanCodeInfo=SCAN),
    "menu-camera": event("pic_sysphoto", EventKey="photo", SendPicsInfo=PICTURES),
    "menu-camera-or-album": event("pic_photo_or_album", EventKey="photo", SendPicsInfo=PICTURES),
    "menu-album": event("pic_weixin", EventKey="photo", SendPicsInfo=PICTURES),
    "menu-album-nothing-chosen": event(
        "pic_weixin", EventKey="photo", SendPicsInfo="<Count>0</Count><PicList></PicList>"
    ),
    "menu-place": event("location_select", EventKey="place", SendLocationInfo=PLACE, AppType="wxwork"),
    "job-done": event("batch_job_result", BatchJob=JOB),
    "job-failed": event("batch_job_result", BatchJob="<JobId>J</JobId><ErrCode>-1</ErrCode>"),
    "member-created": change("create_user", **MEMBER),
    "member-updated": change("update_user", **MEMBER, NewUserID="li.si"),
    "member-updated-in-one-field": change("update_user", UserID="lisi", Position="队长"),
    "member-deleted": change("delete_user", UserID="lisi"),
    "department-created": change("create_party", Id="7", Name="保安部", ParentId="1", Order="10"),
    "department-updated": change("update_party", Id="7", Name="安保部", ParentId="2"),
    "department-deleted": change("delete_party", Id="7"),
    "tag-updated": change(
        "update_tag",
        TagId="1",
        AddUserItems="zhangsan,lisi",
        DelUserItems="wangwu",
        AddPartyItems="1,2",
        DelPartyItems="3",
    ),
    "approval-of-our-own": event("open_approval_change", FromUserName="sys", ApprovalInfo=APPROVAL),
    "approval-of-wecom": event("sys_approval_change", FromUserName="sys", ApprovalInfo=SYS_APPROVAL),
    "shared-with-a-corporation": event("share_agent_change", FromUserName="sys"),
    "shared-along-a-chain": event("share_chain_change", FromUserName="sys"),
    "will-be-suspended": event("inactive_alert", FromUserName="sys", EffectTime="1723600000"),
    "suspended": event("close_inactive_agent", FromUserName="sys"),
    "reopened": event("reopen_inactive_agent", FromUserName="sys"),
    "will-be-restricted": event("low_active_alert", FromUserName="sys", EffectTime="1723600000"),
    "restricted": event("low_active", FromUserName="sys"),
    "no-longer-restricted": event("active_restored", FromUserName="sys"),
    "unknown-change": change("rename_universe", Id="1"),
    "known-event-with-a-value-twice": event("scancode_push", ScanCodeInfo=SCAN + SCAN),
    "unknown-event-with-elements-inside": event("novelty", Deep="<A><B>1</B><B>2</B></A>"),
    "unknown-event": xml_of(MsgType="event", Event="something_new", Novelty="1"),
    "unknown-message": xml_of(MsgType="hologram", MsgId="1"),
    "other-order-and-line-breaks": "<xml>\n  <Event>enter_agent</Event>\n  <MsgType>event</MsgType>\n"
    "  <AgentID>1000042</AgentID>\n  <CreateTime>1721000123</CreateTime>\n  <FromUserName>LiSi</FromUserName>\n</xml>",
    "entities-instead-of-cdata": xml_of(MsgType="text", MsgId="2").replace(
        "</xml>", "<Content>&lt;a&gt; &amp; &#20002;</Content></xml>"
    ),
    "cdata-in-two-parts": xml_of(MsgType="text", MsgId="3").replace(
        "</xml>", "<Content><![CDATA[a]]]]><![CDATA[>b]]></Content></xml>"
    ),
    "no-time": xml_of(MsgType="event", Event="subscribe", CreateTime=""),
}
MALFORMED = {
    "empty": ("", "nothing at all"),
    "no-xml": ("MsgType=event", "not XML"),
    "cut-off": (xml_of(**TAP)[:-6], "the end is missing"),
    "other-root": ("<message><MsgType>event</MsgType></message>", "the root element is not <xml>"),
    "twice": (xml_of(**TAP).replace("</xml>", "<EventKey>decline</EventKey></xml>"), "two EventKey: which is meant?"),
    "nested": (xml_of(MsgType="text", MsgId="1", Content="<b>1</b>"), "an element where a text belongs"),
    "entity": (f'<!DOCTYPE xml [<!ENTITY e "x">]>{xml_of(MsgType="&e;")}', "a DTD is refused unread"),
}


def plain(read: events.Event) -> dict[str, Any]:
    """An event as JSON: our names of the fields, moments as seconds since the epoch."""
    values = {name: _plain(value) for name, value in dataclasses.asdict(read).items() if name != "app"}
    return {"type": read.NAME or "unknown", **values}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def part() -> dict[str, Any]:
    return {
        "events": [
            {"id": name, "xml": xml, "fields": plain(events.parse(xml.encode(), app=APP))}
            for name, xml in EVENTS.items()
        ],
        "malformed": [{"id": name, "xml": xml, "reason": why} for name, (xml, why) in MALFORMED.items()],
    }
