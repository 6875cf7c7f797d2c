"""`python -m tests.faults`: run scenarios, print the table, exit 1 on any number but 0."""

import argparse
import random
import sys
import time

from . import lanes, scenarios  # noqa: F401  scenarios fills the registry
from .databases import KINDS, Postgres, binaries
from .registry import SCENARIOS

CI_KILLS, LONG_KILLS = 120, 5000  # on both databases together


def main() -> int:
    options = _parser().parse_args()
    chosen = [s for s in SCENARIOS.values() if _is_chosen(s.name, options.only) and (options.long or not s.long)]
    if options.list:
        for one in chosen:
            print(f"{one.name:<34} {one.what}")
        return 0
    databases = list(KINDS) if options.database == "both" else [options.database]
    jobs = [(one.name, database) for one in chosen for database in databases if one.only in ("", database)]
    if not jobs:
        print("no such scenario", file=sys.stderr)
        return 2
    if any(database == Postgres.name for _, database in jobs):
        binaries()  # said here where there are none: in a lane it would end in a traceback
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    kills = options.kills or (LONG_KILLS if options.long else CI_KILLS)
    print(f"seed {seed}: {len(jobs)} scenarios, {options.lanes} worlds a database, {kills} kills in all", flush=True)
    started = time.monotonic()
    outcomes = lanes.run_all(jobs, lanes=options.lanes, seed=seed, kills=-(-kills // len(databases)), long=options.long)
    failed = sum(1 for outcome in outcomes if outcome.wrong)
    print("\n" + lanes.table(outcomes) + lanes.failures(outcomes))
    print(f"\nseed {seed}, {time.monotonic() - started:.0f} s")
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help="only scenarios whose name begins so")
    parser.add_argument("--database", choices=[*KINDS, "both"], default="both")
    parser.add_argument("--lanes", type=int, default=1, help="worlds side by side on each database (1)")
    parser.add_argument("--seed", type=int, help="of the random kills; printed, so that a failure can be repeated")
    parser.add_argument("--kills", type=int, help=f"how many in all ({CI_KILLS}, with --long {LONG_KILLS})")
    parser.add_argument("--long", action="store_true", help="the long ones too")
    parser.add_argument("--list", action="store_true", help="name the scenarios and stop")
    return parser


def _is_chosen(name: str, only: list[str] | None) -> bool:
    return not only or any(name.lower().startswith(prefix.lower()) for prefix in only)


if __name__ == "__main__":
    sys.exit(main())
