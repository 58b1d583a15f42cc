"""A whole simulated call between one customer and one agent, from ringing to hang-up."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from calls.simulation.party import Party
from calls.simulation.wire import Wire


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one simulated call showed. Levels are 0..1, times seconds."""

    call_id: str
    path: str
    setup_seconds: float
    customer_heard: float
    agent_heard: float
    captions: int


@dataclass(frozen=True, slots=True)
class Roles:
    """Keys and speech of the two sides. `customer_token` opens the call, `agent_token` is a JWT."""

    customer_token: str
    agent_token: str
    customer_speech: np.ndarray
    agent_speech: np.ndarray


class SimulatedCall:
    def __init__(self, socket_url: str, origin: str, roles: Roles) -> None:
        self._customer_wire = Wire(socket_url, origin)
        self._agent_wire = Wire(socket_url, origin)
        self._roles = roles

    async def run(self) -> Outcome:
        """Play the call to the end of both files. Raises WireError or TimeoutError when the system fails it."""
        async with self._agent_wire as agent_wire, self._customer_wire as customer_wire:
            agent = Party(agent_wire, "agent", self._roles.agent_speech)
            customer = Party(customer_wire, "customer", self._roles.customer_speech)
            try:
                return await self._play(agent, customer)
            finally:
                await asyncio.gather(agent.close(), customer.close())

    async def _play(self, agent: Party, customer: Party) -> Outcome:
        await customer.join(token=self._roles.customer_token)
        await self._accept(agent)
        accepted = time.monotonic()
        await asyncio.gather(customer.connect_media(), agent.connect_media())
        await asyncio.gather(customer.sound.wait(), agent.sound.wait())
        setup = time.monotonic() - accepted
        await asyncio.gather(customer.talk(), agent.talk())
        await asyncio.sleep(0.6)  # the last words are still on their way
        await customer.hang_up()
        await asyncio.wait_for(agent.over.wait(), 10)
        return self._outcome(agent, customer, setup)

    async def _accept(self, agent: Party) -> None:
        await agent.wire.request("login", token=self._roles.agent_token)
        ringing = asyncio.create_task(agent.wire.next("offer-ringing"), name="ringing")
        desk = await agent.wire.request("open-desk")
        await agent.wire.request("set-state", state="available")
        offer = desk.get("offer") or (await ringing)["offer"]
        ringing.cancel()
        accepted = await agent.wire.request("accept-offer", offerId=offer["offerId"])
        await agent.join(callId=accepted["callId"])

    @staticmethod
    def _outcome(agent: Party, customer: Party, setup: float) -> Outcome:
        captions: list[dict[str, Any]] = [event for event in agent.events if event["type"] == "caption"]
        return Outcome(
            call_id=agent.call_id,
            path=agent.path,
            setup_seconds=round(setup, 3),
            customer_heard=round(customer.heard.peak, 3),
            agent_heard=round(agent.heard.peak, 3),
            captions=len(captions),
        )
