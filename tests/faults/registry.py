"""What a scenario is: a name, what goes wrong in a sentence, and a function that makes it go wrong.

    @scenario("F24", "The worker dies while the platform has done the work and not yet answered")
    def killed_after_the_work(world: World) -> None:
        world.fault("message/send", "hang", value=5)
        case = world.ask(shown=False)
        world.wait(lambda: world.cards(case))
        world.worker.die()  # and is started again, as by a supervisor
        world.tap(case)
        world.rest()
        world.expect(world.face(case) == "已推送", f"the card reads {world.face(case)}")

The system comes to rest and the checker judges it by itself; `world.expect(…)` says what must be true beyond that.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .world import World

Act = Callable[["World"], None]


@dataclass(frozen=True, slots=True)
class Scenario:
    """`only`: the one database it makes sense on · `settings`: environment for web and worker · `long`: not in CI"""

    name: str
    what: str
    act: Act
    only: str = ""
    long: bool = False
    settings: dict[str, str] = field(default_factory=dict)


SCENARIOS: dict[str, Scenario] = {}


def scenario(name: str, what: str, *, only: str = "", long: bool = False, **settings: str) -> Callable[[Act], Act]:
    def register(act: Act) -> Act:
        if name in SCENARIOS:
            raise ValueError(f"two scenarios are called {name}")
        SCENARIOS[name] = Scenario(name, what, act, only, long, settings)
        return act

    return register
