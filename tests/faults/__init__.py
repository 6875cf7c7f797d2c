"""What may go wrong is made to go wrong, and one checker says by arithmetic whether anything was lost or doubled.

    make faults            every scenario, every point of death, a short campaign, on SQLite and PostgreSQL
    make faults-long       5,000 kills
    python -m tests.faults --list | --only F24 --database sqlite --seed 7

registry.py   what a scenario is           scenarios/   the scenarios, by what they break
world.py      the running system           evidence.py  what is seen of it from outside
checker.py    the judge                    lanes.py     worlds side by side, and the table
"""
