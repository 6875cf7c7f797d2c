"""The running system: gunicorn with two processes, a worker, and the sandbox on its own, with what can befall them."""

import contextlib
import io
import itertools
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import requests

from tests.support import ROOT, free_port
from wecom.sandbox.world import CREDENTIALS

from .databases import Database
from .evidence import Case, Evidence, Post, Row, digest_of, posts_of
from .post import Envelope, Sink
from .processes import Process

T = TypeVar("T")
Settings = dict[str, str]
LOOK_AGAIN = 0.1  # seconds; a look costs the machine something, too
CONFIRM, DECLINE = "confirm", "decline"
SEND, UPDATE, RECALL = "message/send", "message/update_template_card", "message/recall"
ADMINISTRATORS = ("desk", "lodge")  # each with their name for a password
_numbers = itertools.count(1)


class Unrest(Exception):
    """It did not come to what the scenario waits for."""


class World:
    """One system on one database. Scenarios use it one after another; each begins with empty books."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self.home = home
        self.url = f"http://127.0.0.1:{free_port()}"
        self.sandbox_url = f"http://127.0.0.1:{free_port()}"
        self.sink = Sink()
        self.http = requests.Session()
        self.http.trust_env = False
        self.processes = self._processes()
        self.cases: list[Case] = []
        self.posts: list[Post] = []
        self.failures: list[str] = []
        self.settings: dict[str, str] = {}
        self.runs = 1  # how many times the scenario did its thing, for the table
        self.seed = self.kills = 0
        self.long = False
        self.credentials = CREDENTIALS
        self.clock = home / "clock"
        self._ahead, self._log_then = timedelta(0), 0
        self._members: set[str] = set()

    # --- Its life ---------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Database, tables and the API's token, before Django's settings have been read anywhere else."""
        self.database.start()
        os.environ.update(self._environment(WECOM_WEB="off"))
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        from django.contrib.auth import get_user_model
        from rest_framework.authtoken.models import Token

        first, *_others = [get_user_model().objects.create_superuser(name, password=name) for name in ADMINISTRATORS]
        self.http.headers["Authorization"] = f"Token {Token.objects.create(user=first).key}"

    def start(self, settings: Settings | None = None) -> None:
        """All processes, web and worker with these settings; comes back when they answer."""
        self.settings = settings = settings or {}
        for name, process in self.processes.items():
            if name != "second":
                process.start(**(settings if name != "sandbox" else {}))
        self.set_clock(datetime.now(UTC))
        self.wait(self.is_ready, seconds=60, what="all processes")

    def fresh(
        self, settings: Settings | None = None, *, web: Settings | None = None, worker: Settings | None = None
    ) -> None:
        """Empty books, an empty sandbox, and every process alive; `settings` for both, `web` and `worker` for one."""
        self.settings = settings = settings or {}
        wanted = {"web": {**settings, **(web or {})}, "worker": {**settings, **(worker or {})}}
        changed = [name for name, own in wanted.items() if not self.processes[name].runs_with(own)]
        if "web" not in changed and self._gave_up_waiting():
            changed.append("web")  # it may have in hand, or in its backlog, what would come into the empty books
        for name in (*changed, "second"):
            self.processes[name].kill()
        self._control("reset")  # first: nothing of before may still be delivered into the empty books
        self._forget()
        for name in changed:
            self.processes[name].start(**wanted[name])
        self.cases, self.posts, self._members = [], [], set()
        self.sink.clear()
        self.wait(self.is_ready, seconds=60, what="all processes")
        self._control("reset")
        self._control("clock", retry_pause_ms=200)

    def again(self, settings: Settings | None = None, **own: Settings) -> None:
        """One run of the scenario is over: let it come to rest, judge it, and begin the next with empty books."""
        self.judge_run()
        self.runs += 1
        self.fresh(settings if settings is not None else self.settings, **own)

    def judge_run(self) -> None:
        """Let it come to rest and note all that is wrong."""
        from .checker import judge

        if not self.rest():
            self.failures.append(f"run {self.runs} did not come to rest")
            self.failures += self.describe_open()
        self.failures += [f"run {self.runs}: {finding.sort}: {finding.text}" for finding in judge(self.evidence())]

    def stop(self) -> None:
        for process in self.processes.values():
            process.kill()
        with contextlib.suppress(Exception):
            from django.db import connections

            connections.close_all()
        self.database.stop()
        self.sink.stop()

    def tend(self) -> None:
        """Start again what has died and is wanted."""
        for process in self.processes.values():
            process.tend()

    # --- What people do ---------------------------------------------------------------------------------------------

    def ask(self, *, shown: bool = True, **item: Any) -> Case:
        """Somebody new asks somebody new for the contact; with `shown`, once the card stands on the finder's phone."""
        case = self.put_question(self.prepare_case(**item))
        if shown:
            self.wait(lambda: self.cards(case), what="the card on the finder's phone")
        return case

    def prepare_case(self, **item: Any) -> Case:
        """A finder, what they found, and an owner; the question is not put yet."""
        number = next(_numbers)
        finder, owner, phone = f"finder{number}", f"owner{number}", f"139{number:08d}"
        self.member(finder)
        self.member(owner)
        thing: Row = {"kind": "found", "title": f"雨伞 {number}", "category": "umbrella", "reporter": finder}
        contact = {"contact_channel": "phone", "contact_value": phone}
        found = self.api("items/", {**thing, **contact, **item})
        return Case(0, int(found["id"]), finder, owner, phone)

    def put_question(self, case: Case) -> Case:
        asked = self.api("contact-requests/", {"item": case.item, "requester": case.owner})
        case = replace(case, number=int(asked["id"]))
        self.cases.append(case)
        return case

    def tap(self, case: Case, key: str = CONFIRM, *, member: str = "", card: int = -1, wait: bool = True) -> Row:
        """The finder (or another member who has the card) presses a button; the delivery as the sandbox tells it."""
        task_id = self.cards(case)[card]["task_id"]
        body = {"member": member or case.finder, "task_id": task_id, "event_key": key, "wait": wait}
        answer = self.http.post(f"{self.sandbox_url}/control/tap/", json=body, timeout=90)
        return answer.json().get("delivery", {"statuses": [], "why": answer.text})

    def member(self, userid: str, **more: Any) -> None:
        if userid not in self._members or more:
            self._control("members", userid=userid, **more)
            self._members.add(userid)

    def remove_member(self, userid: str) -> None:
        """Gone from the company's address book."""
        self.http.delete(f"{self.sandbox_url}/control/members/", json={"userid": userid}, timeout=20).raise_for_status()

    def api(self, path: str, body: Row, *, patience: float = 30) -> Row:
        """POST to the product's API, again and again while nobody is at home there."""
        ends = time.monotonic() + patience
        while True:
            try:
                answer = self.http.post(f"{self.url}/api/v1/{path}", json=body, timeout=10)
                if answer.status_code < 500:
                    break
                said = answer.text[:500]
            except requests.RequestException as exc:
                said = str(exc)
            if time.monotonic() > ends:
                raise Unrest(f"{path}: {said}")
            self.tend()
            time.sleep(0.1)
        if not answer.ok:
            raise Unrest(f"{path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    def request(self, case: Case) -> Row:
        return self.http.get(f"{self.url}/api/v1/contact-requests/{case.number}/", timeout=10).json()

    def command(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run a management command as an operator does: exit code and what it said."""
        process = Process("manage.py", *arguments, environment=self._environment(), log=self.home / "command.log")
        process.log.unlink(missing_ok=True)
        process.start(**environment)
        process.wanted = False
        self.wait(lambda: not process.alive, seconds=60, what=" ".join(arguments))
        assert process._running
        return process._running.returncode, process.log.read_text()

    def administrator(self, name: str) -> requests.Session:
        """One of ADMINISTRATORS, logged in at the admin, who reads English."""
        browser = requests.Session()
        browser.trust_env = False
        browser.headers["Accept-Language"] = "en"
        address = f"{self.url}/admin/login/"
        browser.get(address, timeout=20).raise_for_status()
        form = {"username": name, "password": name, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        answer = browser.post(address, form, timeout=20)
        if "sessionid" not in browser.cookies:
            raise Unrest(f"{name} cannot log in: {answer.status_code}")
        return browser

    def retry_by_press(self, browser: requests.Session, outgoing_id: int) -> requests.Response:
        """The button of a failed message, and the page that it leads to. For threads, also with one session."""
        from django.urls import reverse

        from wecom.admin.deeds import CONFIRMED, REASON

        address = self.url + reverse("admin:wecom_outgoing_do", args=[outgoing_id, "retry"])
        cookies = browser.cookies.get_dict()  # by value: what one press is told does not come out on another's page
        form = {CONFIRMED: "yes", REASON: "they wait", "csrfmiddlewaretoken": cookies["csrftoken"]}
        return requests.post(address, form, cookies=cookies, headers=dict(browser.headers), timeout=30)

    # --- Callbacks by our own hand ----------------------------------------------------------------------------------

    def post(self, envelope: Envelope, *, timeout: float = 8, forged: bool = False, to: str = "") -> int | None:
        """POST a callback of our own making; the status, None where there was no answer. May be called by threads."""
        try:
            url = f"{to}/wecom/callback/" if to else self.callback_url
            answer = requests.post(url, params=envelope.query, data=envelope.body, timeout=timeout)
            status: int | None = answer.status_code
        except requests.RequestException:
            status = None
        if not forged:
            self.posts.append(Post(digest_of(envelope.plaintext), status))
        return status

    def note_unanswered(self, envelope: Envelope) -> None:
        """A callback that a scenario has sent by other means, and whose answer nobody has seen."""
        self.posts.append(Post(digest_of(envelope.plaintext), None))

    def release(self, callback_id: int) -> None:
        """What an administrator does on the page of a quarantined callback."""
        from wecom import inbox

        inbox.replay(callback_id)

    def envelope(self, delivery: Row) -> Envelope:
        """The very bytes that the sandbox has posted."""
        return Envelope.of(delivery)

    @property
    def callback_url(self) -> str:
        return f"{self.url}/wecom/callback/"

    # --- What goes wrong --------------------------------------------------------------------------------------------

    def fault(self, api: str, fault: str, **more: Any) -> None:
        self._control("faults", api=api, fault=fault, **more)

    @property
    def worker(self) -> Process:
        return self.processes["worker"]

    @property
    def web(self) -> Process:
        return self.processes["web"]

    @contextlib.contextmanager
    def secret_reset(self, new: str) -> Iterator[None]:
        """In WeCom's console: only the new secret gets a token now; those that the former got live on."""
        usual = self.processes["sandbox"].arguments
        self._restart_sandbox(*usual, "--secret", new)
        try:
            yield
        finally:
            self._restart_sandbox(*usual)

    def no_faults(self) -> None:
        self.http.delete(f"{self.sandbox_url}/control/faults/", timeout=20)

    def later(self, *, hours: float = 0, seconds: float = 0) -> None:
        """So much time has passed: the sandbox's clock goes on, and everything in our books is older by that."""
        from .ageing import age

        passed = int(hours * 3600 + seconds)
        age(passed)
        self._control("clock", advance=passed)

    def platform_waits(self, seconds: float) -> None:
        """Between two tries of a callback; WeCom makes three."""
        self._control("clock", retry_pause_ms=int(seconds * 1000))

    def set_clock(self, now: datetime) -> None:
        """It is `now` for those that were started with FAULTS_CLOCK=world.clock, and goes on from there."""
        self._ahead, self._log_then = now - datetime.now(UTC), len(self.log())
        new = self.home / "clock.new"
        new.write_text(str(self._ahead / timedelta(hours=1)))
        new.replace(self.clock)

    def now(self) -> datetime:
        """By the clock that was set."""
        return datetime.now(UTC) + self._ahead

    def advance_platform(self, seconds: int) -> None:
        """Only the platform's clock: the processes have been given theirs."""
        self._control("clock", advance=seconds)

    def second_worker(self) -> Process:
        self.processes["second"].start(**self.settings)
        return self.processes["second"]

    # --- What is seen -----------------------------------------------------------------------------------------------

    def ledger(self, member: str = "", parts: str = "") -> Row:
        answer = self.http.get(
            f"{self.sandbox_url}/control/ledger/", params={"member": member, "parts": parts}, timeout=60
        )
        answer.raise_for_status()
        return answer.json()

    def chat(self, member: str) -> list[Row]:
        found = self.ledger(member, "members")["members"].get(member, {"messages": []})
        return [message for message in found["messages"] if message["visible"]]

    def cards(self, case: Case) -> list[Row]:
        return [message for message in self.chat(case.finder) if message["msgtype"] == "template_card"]

    def texts(self, member: str) -> list[str]:
        return [message["text"] for message in self.chat(member) if message["msgtype"] == "text"]

    def face(self, case: Case) -> str:
        """What stands on the finder's newest card; so that a failure can say it, also where there is none."""
        cards = self.cards(case)
        if not cards:
            return "nothing: there is no card"
        card = cards[-1]
        return card["replace_text"] or " / ".join(button["text"] for button in card["buttons"])

    def answered(self) -> list[Case]:
        """The cases of which the platform got a 200 for the finder's answer; after three tries it gives up for good."""
        deliveries = self.ledger(parts="deliveries")["deliveries"]
        arrived = {one["userid"] for one in deliveries if one["arrived"]}
        return [case for case in self.cases if case.finder in arrived]

    def calls(self, path: str) -> list[Row]:
        return [call for call in self.ledger(parts="calls")["calls"] if call["path"] == path]

    def rows(self, kind: str) -> list[Row]:
        """The books as the export shows them."""
        return [row for row in self._books() if row["type"] == kind]

    def jobs(self, case: Case, kind: str) -> list[Row]:
        ours = (row for row in self.rows("outgoing") if row["topic"] == f"request:{case.number}")
        return [row for row in ours if row["kind"] == f"lostfound.{kind}"]

    def alerts(self, what: str) -> list[Row]:
        return [alert for alert in self.sink.heard if alert.get("what") == what]

    def log(self) -> str:
        return (self.home / "log").read_text(errors="replace")

    def workers(self) -> int:
        """How many have given a sign of life since the books were emptied."""
        from wecom.models import Lease
        from wecom.standing import WORKER

        return Lease.objects.filter(name__startswith=WORKER).count()

    def done_at(self, work: str, *, since: datetime) -> list[datetime]:
        """When work of apps.STROKES was done since the clock was set, by that clock."""
        said = re.findall(rf"{work} at (\S+)", self.log()[self._log_then :])
        return [at for at in map(datetime.fromisoformat, said) if at >= since]

    def expect(self, true: object, text: str) -> None:
        """What must hold in this scenario beyond what the checker asks of all."""
        if not true:
            self.failures.append(text)

    # --- Waiting ----------------------------------------------------------------------------------------------------

    def wait(self, until: Callable[[], T], *, seconds: float = 30, what: str = "it") -> T:
        """The first true answer; what has died meanwhile is started again. Raises Unrest after `seconds`."""
        ends = time.monotonic() + seconds
        while True:
            with contextlib.suppress(requests.RequestException, OSError, ValueError):
                if answer := until():
                    return answer
            if time.monotonic() > ends:
                raise Unrest(f"waited {seconds:g} s for {what}")
            self.tend()
            time.sleep(LOOK_AGAIN)

    def rest(self, *, seconds: float = 45) -> bool:
        """Wait until no delivery is under way and no row is open; False where that does not come true."""
        try:
            self.wait(self._is_quiet, seconds=seconds, what="rest")
        except Unrest:
            return False
        return True

    def evidence(self) -> Evidence:
        ledger = self.ledger()
        return Evidence(ledger, self._books(), [*posts_of(ledger), *self.posts], self.cases, self.sink.heard)

    def is_done(self) -> bool:
        """Nothing is open any more."""
        return self.count_open() == 0

    def nothing_due(self) -> bool:
        """What is open waits for its time."""
        from django.utils import timezone

        from wecom.models import Job

        return self.count_open(due_at__lte=timezone.now()) == 0 and self.count_open(state=Job.RUNNING) == 0

    def count_open(self, **more: Any) -> int:
        from wecom.models import Callback, Job, Outgoing

        sorts = (Callback, Outgoing)
        return sum(sort._default_manager.filter(state__in=Job.OPEN).filter(**more).count() for sort in sorts)

    def describe_open(self) -> list[str]:
        """What is still open, for whoever has to find out why."""
        names = ("type", "id", "kind", "event", "state", "due_at", "lease_until", "leased_by", "attempts", "error")
        rows = [row for row in self._books() if row.get("state") in ("waiting", "running")]
        return ["open: " + " ".join(f"{name}={row[name]}" for name in names if row.get(name)) for row in rows[:5]]

    def dropped(self, member: str) -> list[Row]:
        """What the platform has dropped without a word."""
        return [one for one in self.ledger(member, "members")["members"][member]["messages"] if one["dropped"]]

    # --- Deeds of an operator that have no door of their own --------------------------------------------------------

    def owe_text(self, member: str, words: str) -> None:
        from django.db import transaction

        from wecom import outbox

        with transaction.atomic():
            outbox.owe_message(words, to=[member], effect_key=f"text:{time.monotonic_ns()}")

    def retry_by_command(self, outgoing_id: int) -> bool:
        """`retry_failed --outgoing`, here: a process of its own would start too late for a race. For threads."""
        from django.core.management import CommandError, call_command
        from django.db import connection

        said = io.StringIO()
        try:
            call_command("retry_failed", outgoing=[outgoing_id], stdout=said)
        except CommandError as exc:
            said.write(str(exc))
        finally:
            connection.close()
        return "retried=1" in said.getvalue()

    def empty_cache(self) -> None:
        from django.core.cache import caches

        caches["wecom"].clear()

    def keep_token(self, base_url: str) -> None:
        """A token for the platform at this address, as if it had been got from there."""
        from wecom import conf, tokens

        tokens.get(replace(conf.app(), api_base_url=base_url), lambda: ("a-token", 7200))

    def drop_cache_table(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE wecom_cache")

    def owe_poison(self) -> None:
        """A job whose own code always raises."""
        from django.db import transaction

        from wecom import outbox

        with transaction.atomic():
            outbox.owe("faults.poison", subject="1", effect_key=f"poison:{time.monotonic_ns()}")

    def _books(self) -> list[Row]:
        from django.core.serializers.json import DjangoJSONEncoder

        from lostfound import audit

        return [json.loads(json.dumps(row, cls=DjangoJSONEncoder)) for row in audit.rows()]

    def _is_quiet(self) -> bool:
        from django.db import DatabaseError

        from wecom.models import Alert, Callback, Job, Outgoing

        try:
            if any(model._default_manager.filter(state__in=Job.OPEN).exists() for model in (Callback, Outgoing)):
                return False
            if Alert.objects.filter(told_at=None).exists():
                return False
        except DatabaseError:
            self.reconnect()
            return False
        return all(delivery["finished"] for delivery in self.ledger(parts="deliveries")["deliveries"])

    def _gave_up_waiting(self) -> bool:
        """Whether somebody has left a POST before it was answered: the web may have read it, and is at it yet."""
        tries = [one for delivery in self.ledger(parts="deliveries")["deliveries"] for one in delivery["tries"]]
        by_platform = any(one["error"].startswith("no answer within") for one in tries)
        return by_platform or any(post.status is None for post in self.posts)

    def is_ready(self) -> bool:
        asked = (f"{self.url}/healthz", f"{self.sandbox_url}/control/clock/")
        return all(self.http.get(url, timeout=5).status_code == 200 for url in asked)

    def reconnect(self) -> None:
        """Our own connection is of yesterday: the database was away."""
        from django.db import connection

        with contextlib.suppress(Exception):
            connection.close()

    # --- How it is done ---------------------------------------------------------------------------------------------

    def _processes(self) -> dict[str, Process]:
        environment = self._environment()
        log = self.home / "log"
        bind = self.url.removeprefix("http://")
        gunicorn = ["-m", "gunicorn", "--bind", bind, "--worker-class", "gthread", "--threads", "4"]
        gunicorn += ["--graceful-timeout", "5", "--no-control-socket"]  # as docs/production.md has it
        sandbox = ["-m", "wecom.sandbox", "--port", self.sandbox_url.rpartition(":")[2]]
        sandbox += ["--callback-url", self.callback_url, "--database", str(self.home / "sandbox.sqlite3")]
        worker = ["manage.py", "run_worker"]
        commands = {
            "sandbox": sandbox,
            "web": [*gunicorn, "--log-level", "warning", "wecomsite.wsgi"],
            "worker": worker,
            "second": worker,
        }
        return {name: Process(*command, environment=environment, log=log) for name, command in commands.items()}

    def _restart_sandbox(self, *arguments: str) -> None:
        sandbox = self.processes["sandbox"]
        sandbox.kill()
        sandbox.arguments = arguments
        sandbox.start()
        self.wait(self.is_ready, seconds=60, what="the sandbox")

    def _environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
        ours = {
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "DJANGO_ENV_FILE": os.devnull,
            "DJANGO_SECRET_KEY": "only-for-fault-runs-0123456789-abcdefghijklmnopqrstuvwxyz",
            "DJANGO_DEBUG": "off",
            "DATABASE_URL": self.database.url,
            "SITE_URL": self.url,
            "WECOM_CORP_ID": CREDENTIALS["CORP_ID"],
            "WECOM_AGENT_ID": CREDENTIALS["AGENT_ID"],
            "WECOM_SECRET": CREDENTIALS["SECRET"],
            "WECOM_CALLBACK_TOKEN": CREDENTIALS["CALLBACK_TOKEN"],
            "WECOM_ENCODING_AES_KEY": CREDENTIALS["ENCODING_AES_KEY"],
            "WECOM_API_BASE_URL": f"{self.sandbox_url}/cgi-bin/",
            "WECOM_ALERT_WEBHOOK": self.sink.url,
            "WEB_CONCURRENCY": "2",  # processes of gunicorn
            "UPDATE_AFTER_REPLY_MS": "800",
        }
        return {**kept, **ours, **more}

    def _control(self, door: str, **body: Any) -> Row:
        answer = self.http.post(f"{self.sandbox_url}/control/{door}/", json=body, timeout=30)
        if not answer.ok:
            raise Unrest(f"sandbox {door}: {answer.text[:500]}")
        return answer.json()

    def _forget(self) -> None:
        """Empty the books; the tables, the API's token and everybody's login stay."""
        from django.core.cache import caches
        from django.core.management.color import no_style
        from django.db import connection

        ours = [name for name in connection.introspection.table_names() if name.startswith(("wecom_", "lostfound_"))]
        tables = [name for name in ours if name != "wecom_cache"]
        self.reconnect()
        connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables))
        caches["wecom"].clear()


@contextlib.contextmanager
def world_on(database: Database, home: Path) -> Iterator[World]:
    world = World(database, home)
    try:
        world.prepare()
        world.start()
        yield world
    finally:
        world.stop()
