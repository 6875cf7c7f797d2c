"""Facts: who lives in the sandbox. Constants only; the site's settings import them before Django is there.

Everything here is made up. The secrets open nothing but the sandbox, so they may stand in the source.
"""

from typing import TypedDict

CREDENTIALS = {
    "CORP_ID": "wwsandbox0a1b2c3d4",
    "AGENT_ID": "1000042",
    "SECRET": "sandbox-secret-of-the-lost-and-found-app",
    "CALLBACK_TOKEN": "SandboxCallbackToken",
    "ENCODING_AES_KEY": "Ts2lo8q1YJKqaJxTjfipocFU7saXcfirAbFb4iYIBx4",
}
APP_NAME = "失物招领"
ROBOT_KEY = "5a4db0c5-0000-4000-8000-5a4db0c50000"
ROBOT_CHAT = "示例公司全员群"

DEPARTMENTS = {1: "示例公司", 2: "行政部", 3: "研发部", 4: "市场部"}


class Person(TypedDict):
    """One member as the address book knows them."""

    userid: str
    name: str
    alias: str
    position: str
    department: int


MEMBERS: tuple[Person, ...] = (
    {"userid": "zhangsan", "name": "张三", "alias": "Zhang San", "position": "工程师", "department": 3},
    {"userid": "lisi", "name": "李四", "alias": "Li Si", "position": "设计师", "department": 3},
    {"userid": "wangwu", "name": "王五", "alias": "Wang Wu", "position": "前台", "department": 2},
    {"userid": "zhaoliu", "name": "赵六", "alias": "Zhao Liu", "position": "保安队长", "department": 2},
    {"userid": "qianqi", "name": "钱七", "alias": "Qian Qi", "position": "市场专员", "department": 4},
)
