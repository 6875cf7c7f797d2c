"""Facts: errcodes about who we are and how often we call, the ones that stop more than a single request.

Source: https://developer.work.weixin.qq.com/document/path/90313
"""

from .rows import Errcode, Reaction, Text, rows

NOTHING_TO_DO = Text("无需处理。", "Nothing to do.")
COMES_BACK = Text(
    "系统会自动退避重试，一般无需处理；若持续超过十分钟，请查看企业微信的服务公告。",
    "It is retried by itself with growing pauses. If it lasts for more than ten minutes, look for an outage at WeCom.",
)
TOO_MANY_AT_ONCE = Text(
    "系统会自动退避重试。若经常出现，请减少 run_worker 的 --slots 或工作进程数。",
    "It is retried by itself. If it comes often, give run_worker fewer --slots or run fewer workers.",
)
NEXT_WINDOW = Text(
    "系统会等到限额窗口结束后再发（分钟限额 1 分钟，小时限额 60 分钟，日限额到零点）。"
    "请检查是否有其他程序共用本应用；部分限制可由管理员在 "
    "open.work.weixin.qq.com/wwopen/devtool/checkCorpSpamBlock 解除。",
    "It goes on when the window of the limit is over: a minute, an hour, or midnight. Look for other programs that "
    "use this app; an administrator can lift some blocks at open.work.weixin.qq.com/wwopen/devtool/checkCorpSpamBlock.",
)
TOKEN_RENEWED = Text(
    "系统会自动换取新的 access_token 并重试一次。若反复出现，请确认没有其他程序用同一 Secret 频繁获取令牌。",
    "A new access_token is fetched and the call repeated once. If it keeps coming, make sure that no other program "
    "fetches tokens with the same secret.",
)
CHECK_SECRET = Text(
    "通道已暂停。请到管理后台 → 应用管理 → 本应用核对 Secret 并确认应用已启用，更新 WECOM_SECRET 后重启；"
    "不要反复尝试，错误次数过多会封锁本机 IP 一小时。",
    "The channel is paused. In the console, under this app, compare the Secret and see that the app is enabled; set "
    "WECOM_SECRET and restart. Do not keep trying: many failures block this address for an hour.",
)
CHECK_IDS = Text(
    "通道已暂停。请核对企业 ID（我的企业 → 企业信息）、AgentId 与 Secret 是否属于同一企业的同一应用，"
    "更新 WECOM_CORP_ID、WECOM_AGENT_ID、WECOM_SECRET 后重启。",
    "The channel is paused. Compare the corp id, the AgentId and the Secret: all three must belong to the same app of "
    "the same corporation. Set WECOM_CORP_ID, WECOM_AGENT_ID and WECOM_SECRET, then restart.",
)
TRUST_ADDRESS = Text(
    "通道已暂停。请把 errmsg 中 from ip 后面的地址加入本应用的“企业可信IP”，约一分钟后生效；"
    "系统最多 10 分钟后自动继续，无需手动重试。",
    "The channel is paused. Add the address that the errmsg gives after “from ip” to 企业可信IP of this app, which "
    "takes a minute. It goes on by itself within 10 minutes; nothing is to be retried.",
)
ENABLE_APP = Text(
    "通道已暂停。请管理员在管理后台启用本应用（或恢复其接口权限）；系统最多 10 分钟后自动继续，无需手动重试。",
    "The channel is paused. An administrator must enable the app, or give its API rights back, in the console. It goes "
    "on by itself within 10 minutes; nothing is to be retried.",
)
GRANT_API = Text(
    "通道已暂停。请确认使用的是本应用自己的 Secret（不是通讯录同步 Secret），并在管理后台为应用开通所调用的接口；"
    "群聊接口要求可见范围为根部门。",
    "The channel is paused. Use the Secret of this app, not the one of contact sync, and grant the API in the console; "
    "group chats need the root department in the visible range.",
)
SET_CALLBACK = Text(
    "通道已暂停。请在管理后台 → 本应用 → 接收消息 → 设置API接收 中填写回调 URL、Token、EncodingAESKey 并保存成功，"
    "保存时本服务必须可从公网访问；未设置回调的应用不能发送带按钮的卡片。",
    "The channel is paused. In the console, app → 接收消息 → 设置API接收, enter URL, Token and EncodingAESKey and "
    "save, while this server can be reached. Without a callback URL an app cannot send cards with buttons.",
)
CHECK_DOMAIN = Text(
    "通道已暂停。请在管理后台 → 本应用 → 网页授权及JS-SDK 核对可信域名：与访问地址完全一致（含端口）、"
    "已完成 ICP 备案、归属校验文件仍在网站根目录；新备案需等待约 72 小时。",
    "The channel is paused. In the console, app → 网页授权及JS-SDK, compare the trusted domain: the very host and "
    "port, an ICP record, the ownership file still at the root. A new record needs about 72 hours.",
)
FULL_URL = Text(
    "请在管理后台把应用主页改为带 http:// 或 https:// 的完整地址。",
    "Give the app's home page a full address, with http:// or https://.",
)
CHECK_ROBOT = Text(
    "请在群聊里确认机器人仍然存在且未停用，并更新 webhook 地址中的 key。",
    "See in the group that the robot is still there and not stopped, then renew the key in the webhook address.",
)
ASK_WECOM = Text(
    "通道已暂停。企业或应用已被平台限制，请管理员登录管理后台查看通知并联系企业微信客服。",
    "The channel is paused. The platform has barred the corporation or the app: an administrator must read the notices "
    "in the console and ask WeCom's support.",
)
NEW_API = Text(
    "通道已暂停。该接口已下线，请升级本系统。",
    "The channel is paused. This API is retired; the system must be updated.",
)


ACCESS: tuple[Errcode, ...] = (
    *rows(Reaction.GO_ON, NOTHING_TO_DO, {0: Text("成功", "ok")}),
    *rows(
        Reaction.RETRY,
        COMES_BACK,
        {
            -1: Text(
                "企业微信系统繁忙，本次调用是否生效未知", "WeCom is busy; nobody knows whether the call took effect"
            ),
            6000: Text("数据版本冲突", "version conflict"),
        },
    ),
    *rows(Reaction.WAIT, TOO_MANY_AT_ONCE, {45033: Text("并发调用过多", "too many calls at the same time")}),
    *rows(Reaction.WAIT, NEXT_WINDOW, {45009: Text("接口调用超过频率限制", "over the rate limit of the API")}),
    *rows(
        Reaction.RENEW_TOKEN,
        TOKEN_RENEWED,
        {
            40014: Text("access_token 无效或种类不对", "access_token bad, or of the wrong kind"),
            42001: Text("access_token 已过期", "access_token expired"),
        },
    ),
    *rows(
        Reaction.PAUSE,
        CHECK_SECRET,
        {
            40001: Text("Secret 错误、已重置，或应用被停用", "secret wrong or reset, or the app is disabled"),
            41004: Text("缺少 Secret", "the secret is missing"),
        },
    ),
    *rows(
        Reaction.PAUSE,
        CHECK_IDS,
        {
            40013: Text("企业 ID 无效", "corp id not valid"),
            40056: Text("AgentId 无效", "agent id not valid"),
            40091: Text("Secret 属于另一个企业", "the secret belongs to another corporation"),
            41002: Text("缺少企业 ID", "the corp id is missing"),
            41011: Text("缺少 AgentId", "the agent id is missing"),
            301002: Text("access_token 与 AgentId 不属于同一应用", "token of one app, agent id of another"),
        },
    ),
    *rows(Reaction.PAUSE, TRUST_ADDRESS, {60020: Text("本机出口 IP 不在可信列表", "our address is not a trusted one")}),
    *rows(
        Reaction.PAUSE,
        ENABLE_APP,
        {
            48006: Text("应用长期未使用，接口权限被收回", "rights withdrawn because the app was long unused"),
            50003: Text("应用已停用", "the app is disabled"),
            50006: Text("应用已停用或没有权限", "the app is disabled or has no rights"),
        },
    ),
    *rows(
        Reaction.PAUSE,
        GRANT_API,
        {
            48001: Text("应用没有该接口的权限", "the app may not use this API"),
            48002: Text("应用未获得该接口授权", "this API is not authorised for the app"),
        },
    ),
    *rows(Reaction.PAUSE, NEW_API, {48005: Text("接口已下线", "the API is retired")}),
    *rows(
        Reaction.PAUSE,
        SET_CALLBACK,
        {
            40057: Text("回调 URL 校验失败", "the check of the callback URL failed"),
            43012: Text("应用未设置回调 URL", "the app has no callback URL"),
        },
    ),
    *rows(
        Reaction.PAUSE,
        CHECK_DOMAIN,
        {
            50001: Text("跳转地址不是可信域名", "the redirect address is not on the trusted domain"),
            80001: Text("可信域名不正确", "the trusted domain is wrong"),
            85005: Text("可信域名未通过归属校验", "the trusted domain's ownership is not proven"),
            85008: Text("可信域名没有 ICP 备案或主体不符", "the trusted domain has no fitting ICP record"),
        },
    ),
    *rows(Reaction.PAUSE, FULL_URL, {40094: Text("应用主页地址缺少协议头", "the home page has no scheme")}),
    *rows(
        Reaction.PAUSE,
        ASK_WECOM,
        {
            60031: Text("应用被禁止调用接口", "the app is barred from the API"),
            301007: Text("企业已解散或被封禁", "the corporation is disbanded or banned"),
        },
    ),
    *rows(
        Reaction.PAUSE,
        CHECK_ROBOT,
        {
            93000: Text("机器人 key 无效或机器人已被移除", "robot key not valid, or the robot was removed"),
            93004: Text("机器人已停用", "the robot is stopped"),
            93008: Text("机器人不在该群", "the robot is not in this group"),
        },
    ),
)
