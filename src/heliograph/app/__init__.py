"""The application: settings, wiring of concrete parts, the roles as processes, configuration as files.

Read `wiring.py` for what is made of what, `roles.py` for what a process does from start to drained stop,
`supervisor.py` for how `heliograph up` keeps them running, `configuration/` for check, apply and export.
"""
