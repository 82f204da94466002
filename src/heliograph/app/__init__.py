"""The application: settings, wiring of concrete parts, and the roles as processes.

Read `wiring.py` for what is made of what, `roles.py` for what a process does from start to drained stop,
`supervisor.py` for how `heliograph up` keeps them running; `upkeep/` is what roles do beside their work,
`keeping/` makes backups, `drill/` and `demo/` run a whole hub for a while.
"""
