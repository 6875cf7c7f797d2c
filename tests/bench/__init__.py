"""`make bench`: how fast we are, side by side with an empty view and with the view that most projects write.

    python -m tests.bench                     everything, into docs/benchmarks.md (under 15 minutes)
    python -m tests.bench --quick             a minute, to see that the program runs; the numbers mean little

__main__    what is run, and where the report goes          report      goals, tables, what is missed
one         all measurements on one database                measures/   one file a question
processes   server, worker, their CPU and memory            databases   fresh ones, settings of production
load        the load, in a process of its own               upstream    a WeCom that answers after so many ms
envelopes   callbacks, sealed beforehand                    host/       the site with the two views to compare with

Load goes to 127.0.0.1 only, and every measurement ends after a number of requests and of seconds.
"""
