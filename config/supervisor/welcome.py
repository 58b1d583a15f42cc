"""What a person is told when the system is ready: where customers enter, where agents work, how to log in."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import segno

from config.helpers.network import lan_address
from config.supervisor.options import ROOT, Options
from config.supervisor.plan import PYTHON


def lines(options: Options, environment: Mapping[str, str]) -> Iterator[str]:
    """The welcome, top to bottom."""
    base = environment.get("PUBLIC_URL") or f"http://localhost:{options.port}"
    facts = demo_facts(environment)
    customer = str(facts.get("customer_url") or "")
    yield ""
    yield "  ready"
    yield ""
    if customer:
        yield from (f"    {row}" for row in qr_code(customer))
        yield ""
        yield f"  Customers    {customer}"
    yield f"  Desk         {facts.get('desk_url') or base + '/desk/'}"
    yield from _log_ins(facts.get("logins"))
    yield from _network(options, base)
    yield ""
    yield "  Ctrl-C stops everything."
    yield ""


def demo_facts(environment: Mapping[str, str]) -> dict[str, Any]:
    """What `seed_demo --print` tells: {customer_url, desk_url, logins: [{username, password, role}]}.

    Empty where there is no demo data (production).
    """
    command = [PYTHON, "manage.py", "seed_demo", "--print"]
    done = subprocess.run(
        command, cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False
    )
    try:
        facts = json.loads(done.stdout)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def qr_code(url: str) -> list[str]:
    """The address as a QR code in half-height blocks, to be scanned from the terminal."""
    drawing = io.StringIO()
    segno.make(url, error="m").terminal(out=drawing, border=2, compact=True)
    return drawing.getvalue().splitlines()


def _log_ins(logins: object) -> Iterator[str]:
    for login in logins if isinstance(logins, list) else []:
        yield f"  Log-in       {login['username']} / {login['password']}  ({login['role']})"


def _network(options: Options, base: str) -> Iterator[str]:
    address = lan_address()
    if not address or options.host.startswith("127.") or base.startswith("https://"):
        return
    yield f"  Network      http://{address}:{options.port}"
    yield "               (a browser opens its microphone only on localhost or over https: docs/running.md)"
