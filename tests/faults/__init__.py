"""What may go wrong is made to go wrong, and one checker says by arithmetic whether anything was lost or doubled.

    make faults            every scenario, every point of death, a short campaign, on SQLite and PostgreSQL
    make faults-long       the same with 5,000 kills, larger floods and heaps
    python -m tests.faults --list | --only F24 --database sqlite --seed 7

registry.py   what a scenario is           scenarios/   the scenarios, by what they break
world.py      the running system           evidence.py  what is seen of it from outside
checker.py    the judge                    lanes.py     worlds side by side, and the table
apps.py       the waits that are shorter here than in production, and nothing else

A world is gunicorn with two processes, one or two workers and the sandbox, each a process of its own, on a database of
its own. Scenarios use it one after another. A new one is a function in scenarios/; registry.py shows one whole.

Names are those of the catalogue of faults. Its F85 (a million rows) is a benchmark.
"""
