"""Door: something to look at on a fresh machine."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from lostfound import services
from lostfound.management.base import refuse
from lostfound.management.pictures import photo
from lostfound.models import Item
from lostfound.states import Category, Channel, ItemKind

LOGIN = PASSWORD = "admin"  # noqa: S105  the demo's login, made on a developer's machine only

# kind, title, category, place, reporter, channel, contact, hours ago, description
ITEMS = (
    (ItemKind.FOUND, "黑色长柄雨伞", Category.UMBRELLA, "二号楼食堂", "lisi", Channel.PHONE, "13800138000", 3,
     "伞柄上系着一条蓝色布带。"),
    (ItemKind.FOUND, "工卡", Category.CARD, "一号楼大堂闸机旁", "lisi", Channel.WECOM, "", 5, "卡套为透明硬壳。"),
    (ItemKind.FOUND, "钥匙一串", Category.KEYS, "地下停车场 B2", "wangwu", Channel.DESK, "一号楼前台失物招领处", 26,
     "三把钥匙，带红色挂件。"),
    (ItemKind.FOUND, "无线耳机", Category.ELECTRONICS, "三楼会议室 305", "zhaoliu", Channel.WECOM, "", 50,
     "白色充电盒。"),
    (ItemKind.LOST, "棕色皮质钱包", Category.WALLET, "园区班车 3 号线", "zhangsan", Channel.WECOM, "", 8,
     "内有门禁卡和少量现金。"),
    (ItemKind.LOST, "《深入理解计算机系统》", Category.BOOK, "图书角", "qianqi", Channel.WECOM, "", 72,
     "扉页写有姓名。"),
)  # fmt: skip


class Command(BaseCommand):
    help = "Make demo items, and a demo login where DEBUG is on. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--admin", action="store_true", help="make the demo login even where DEBUG is off")
        parser.add_argument("--force", action="store_true", help="work even where DEBUG is off")
        parser.add_argument("--dry-run", action="store_true", help="show what would be made, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DEBUG or options["force"]):
            refuse("DEBUG is off, so this looks like production: --force makes demo data all the same")
        dry_run = options["dry_run"]
        made = [values[1] for values in ITEMS if self._item(values, dry_run=dry_run)]
        login = (settings.DEBUG or options["admin"]) and self._login(dry_run=dry_run)
        for title in made:
            self.stdout.write(f"item {title}")
        if login:
            self.stdout.write(f"login {LOGIN} / {PASSWORD}")
        self.stdout.write(f"items={len(made)} logins={int(bool(login))}" + (" dry_run=true" if dry_run else ""))

    def _item(self, values: tuple[Any, ...], *, dry_run: bool) -> bool:
        kind, title, category, place, reporter, channel, contact, ago, description = values
        if Item.objects.filter(title=title, reporter=reporter, kind=kind).exists():
            return False
        if not dry_run:
            services.report_item(
                kind=kind,
                title=title,
                category=category,
                place=place,
                reporter=reporter,
                contact_channel=channel,
                contact_value=contact,
                description=description,
                happened_at=timezone.now() - timedelta(hours=ago),
                photos=[services.keep_photo(content=drawn, sent_by=reporter)] if (drawn := photo(category)) else [],
                actor="seed_demo",
            )
        return True

    def _login(self, *, dry_run: bool) -> bool:
        users = get_user_model()
        if users.objects.filter(username=LOGIN).exists():
            return False
        if not dry_run:
            users.objects.create_superuser(LOGIN, "admin@example.com", PASSWORD)
        return True
