"""Facts: how words are compared when somebody searches.

searchable("一把黑色的伞")        "一黑色雨伞"               what is kept beside an item
query_words("黑伞 ３楼")          ["黑色", "雨伞", "3楼"]     each must be found in it
pieces(["黑色雨散"])              ["黑色", "色雨", "雨散"]    for the search that forgives mistakes
"""

import re
import unicodedata
from collections.abc import Iterable

MOST = 500  # characters of an item that are searched; an index entry of PostgreSQL holds no more
MOST_WORDS = 6
MOST_QUERY = 60

# Each group means the same; the first one is what all of them become. Longer words win over shorter ones.
SAME = (
    ("手机", "电话", "移动电话", "iphone", "苹果手机", "华为手机", "小米手机", "phone", "mobile", "smartphone"),
    ("雨伞", "伞", "阳伞", "遮阳伞", "太阳伞", "umbrella", "parasol"),
    ("工卡", "工牌", "胸牌", "胸卡", "厂牌", "员工卡", "员工证", "工作证", "门禁卡", "badge"),
    ("身份证", "证件", "id card"),
    ("钥匙", "锁匙", "keys", "key"),
    ("钱包", "皮夹", "钱夹", "卡包", "wallet", "purse"),
    ("背包", "包", "书包", "双肩包", "挎包", "手提包", "bag", "backpack", "rucksack"),
    ("耳机", "耳塞", "airpods", "airpod", "earphones", "earphone", "earbuds", "headphones", "headset"),
    ("笔记本电脑", "手提电脑", "laptop", "macbook", "notebook"),
    ("充电宝", "移动电源", "power bank", "powerbank"),
    ("充电器", "充电头", "charger"),
    ("u盘", "优盘", "闪存盘", "usb stick"),
    ("水杯", "杯子", "保温杯", "水壶", "bottle", "mug", "cup"),
    ("眼镜", "墨镜", "太阳镜", "glasses", "sunglasses"),
    ("外套", "衣服", "夹克", "大衣", "上衣", "jacket", "coat"),
    ("围巾", "丝巾", "scarf"),
    ("帽子", "鸭舌帽", "cap", "hat"),
    ("手表", "腕表", "watch"),
    ("书本", "书", "书籍", "图书", "book"),
    ("餐厅", "食堂", "饭堂", "canteen", "cafeteria"),
    ("停车场", "车库", "car park", "parking lot", "garage"),
    ("会议室", "meeting room"),
    ("厕所", "洗手间", "卫生间", "toilet", "restroom"),
    ("大堂", "大厅", "lobby"),
    ("黑色", "黑", "black"),
    ("白色", "白", "white"),
    ("红色", "红", "red"),
    ("蓝色", "蓝", "blue"),
    ("绿色", "绿", "green"),
    ("灰色", "灰", "grey", "gray"),
    ("棕色", "棕", "褐色", "咖啡色", "brown"),
)
_CANON = {word: group[0] for group in SAME for word in group}
_LATIN = r"(?<![a-z0-9]){}(?![a-z0-9])"
_KNOWN = re.compile(
    "|".join(
        _LATIN.format(re.escape(word)) if word.isascii() else re.escape(word)
        for word in sorted(_CANON, key=len, reverse=True)
    )
)
_FILLER = re.compile(r"[的了]|(?<=[一两几])[把个只部台件张本串条副双顶支块](?!人)")
_BETWEEN = re.compile(r"[\W_]+")


def searchable(*texts: str, as_they_are: str = "") -> str:
    """All texts as one string in the form in which words are compared; parts are kept apart by a blank."""
    return " ".join(filter(None, [as_they_are, *map(folded, texts)]))[:MOST]


def query_words(query: str) -> list[str]:
    """The words of a search in the same form, at most so many; empty where nothing can be searched for.

    Words that are known stand by themselves: 黑色雨伞 asks for 黑色 and for 雨伞, wherever they stand.
    """
    return list(dict.fromkeys(folded(query[:MOST_QUERY], apart=" ").split()))[:MOST_WORDS]


def folded(text: str, *, apart: str = "") -> str:
    """Full and half width, case, punctuation, fillers and synonyms made equal. `apart` goes around known words."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = _FILLER.sub("", _BETWEEN.sub(" ", plain))
    return " ".join(_KNOWN.sub(lambda found: f"{apart}{_CANON[found.group()]}{apart}", plain).split())


def pieces(words: Iterable[str], *, all_signs: bool = False) -> list[str]:
    """What two texts may share although one is misspelt: each two neighbouring signs, and single Chinese ones.

    all_signs  every single one; otherwise those of words that are short, where a mistake spoils the pair
    """
    words = list(words)
    pairs = [word[i : i + 2] for word in words for i in range(len(word) - 1)]
    short = [word for word in words if all_signs or len(word) < 3]
    return list(dict.fromkeys([*pairs, *(sign for word in short for sign in word if not sign.isascii())]))
