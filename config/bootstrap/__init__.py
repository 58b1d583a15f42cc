"""Set-up with nothing but Python's standard library: what stands between a fresh clone and a running system.

Run as a directory (`python3 config/bootstrap setup`): the package `config` itself needs Celery, which is not
there yet.
"""
