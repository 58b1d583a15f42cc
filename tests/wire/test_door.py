"""Who is let in at the socket, and who is shown out."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from calls.models import Call
from calls.sockets.page import Page
from calls.sockets.registry import connection_count
from tests.cast import accepts, an_agent, cara_calls, on_duty, talking
from tests.wire.pages import Refused, TestPage, db, jwt

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Page]:
    """The server's side of the pages of this test, in the order in which they were opened."""
    pages: list[Page] = []
    start = Page.start

    def note(page: Page) -> None:
        pages.append(page)
        start(page)

    monkeypatch.setattr(Page, "start", note)
    return pages


@pytest.mark.req("S1.12")
@pytest.mark.req("S1.10")
async def test_alice_logs_in_with_her_token() -> None:
    alice = await db(an_agent)
    async with TestPage() as page:
        answer = await page.logs_in(alice)
        assert (answer["type"], answer["userId"], answer["role"]) == ("authenticated", alice.pk, "agent")
        assert answer["expiresAt"] > timezone.now().timestamp() * 1000


@pytest.mark.req("S1.10")
async def test_a_token_in_the_address_does_the_same(caplog: pytest.LogCaptureFixture) -> None:
    token = await jwt(await db(an_agent))
    async with TestPage(f"/ws/?token={token}") as page:
        assert (await page.next("authenticated"))["role"] == "agent"
    assert token not in caplog.text


@pytest.mark.parametrize("token", ["made-up", "a.b.c", "한국어", "x" * 4096])
@pytest.mark.req("S5.5")
async def test_mallory_with_a_made_up_token_is_shown_out(token: str) -> None:
    async with TestPage() as page:
        with pytest.raises(Refused, match="token_invalid"):
            await page.request("login", token=token)
        assert await page.closed() == 4401


@pytest.mark.parametrize("query", ["token=x", "token=%00", "token=%ff", "x=1&token=y"])
async def test_a_made_up_token_in_the_address_is_shown_out(query: str) -> None:
    async with TestPage(f"/ws/?{query}") as page:
        assert await page.closed() == 4401


@pytest.mark.parametrize("query", ["", "token=", "&" * 999, "=&=", "a=" + "x" * 9000])
async def test_an_address_without_a_token_says_nothing(query: str) -> None:
    async with TestPage(f"/ws/?{query}") as page:
        assert await page.request("ping") == {}


async def test_a_refresh_token_opens_nothing() -> None:
    alice = await db(an_agent)
    async with TestPage() as page:
        with pytest.raises(Refused, match="token_invalid"):
            await page.request("login", token=str(await db(RefreshToken.for_user, alice)))


async def test_an_expired_token_opens_nothing() -> None:
    alice = await db(an_agent)
    token = await db(AccessToken.for_user, alice)
    token.set_exp(from_time=timezone.now() - timedelta(days=2))
    async with TestPage() as page:
        with pytest.raises(Refused, match="token_invalid"):
            await page.request("login", token=str(token))


async def test_a_token_from_before_a_change_of_password_opens_nothing() -> None:
    alice = await db(an_agent)
    token = await jwt(alice)
    alice.set_password("another long password")
    await db(alice.save)
    async with TestPage() as page:
        with pytest.raises(Refused, match="token_invalid"):
            await page.request("login", token=token)


@pytest.mark.req("S5.5")
async def test_a_deactivated_account_loses_its_socket_with_the_next_lease() -> None:
    alice = await db(an_agent)
    async with TestPage() as page:
        await page.opens_desk(alice)
        alice.is_active = False
        await db(alice.save)
        await page.request("ping")
        assert await page.closed() == 4403


async def test_a_changed_password_closes_open_sockets_too() -> None:
    alice = await db(an_agent)
    async with TestPage() as page:
        await page.logs_in(alice)
        alice.set_password("another long password")
        await db(alice.save)
        await page.request("ping")
        assert await page.closed() == 4403


async def test_a_socket_does_not_change_hands() -> None:
    alice, bob = await db(an_agent), await db(an_agent, "bob")
    async with TestPage() as page:
        await page.logs_in(alice)
        with pytest.raises(Refused, match="forbidden"):
            await page.logs_in(bob)


@pytest.mark.req("S5.5")
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:8001", "null", "http://localhost:99999", "]["]
)
async def test_pages_of_other_origins_are_refused(origin: str) -> None:
    async with TestPage(origin=origin) as page:
        assert await page.closed() == 4403


@pytest.mark.parametrize("origin", ["http://localhost:8000", "HTTP://LOCALHOST:8000", None])
async def test_our_own_pages_and_other_clients_are_let_in(origin: str | None) -> None:
    async with TestPage(origin=origin) as page:
        assert await page.request("ping") == {}


@pytest.mark.parametrize(
    ("origin", "let_in"), [("http://10.0.0.5:8000", True), ("http://10.0.0.6:8000", False)]
)
async def test_a_page_is_let_in_at_the_host_that_it_came_from(settings, origin: str, let_in: bool) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    page = TestPage(origin=origin)
    page.socket.scope["headers"][0] = (b"host", b"10.0.0.5:8000")
    async with page:
        if let_in:
            assert await page.request("ping") == {}
        else:
            assert await page.closed() == 4403


async def test_a_foreign_host_is_not_our_own(settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    page = TestPage(origin="http://rebound.example")
    page.socket.scope["headers"][0] = (b"host", b"rebound.example")
    async with page:
        assert await page.closed() == 4403


@pytest.mark.parametrize("path", ["/", "/ws", "/ws/more", "/chat/"])
async def test_other_addresses_are_closed_with_a_code(path: str) -> None:
    async with TestPage(path) as page:
        assert await page.closed() == 4404


@pytest.mark.req("S1.2")
async def test_cara_joins_with_nothing_but_her_calls_token() -> None:
    cara = await db(cara_calls)
    async with TestPage() as page:
        joined = await page.joins(token=cara.token)
        assert joined["callId"] == joined["sessionId"] == str(cara.call.pk)
        assert joined["call"]["status"] == "RINGING"
        assert joined["call"]["queue"]["position"] == 0
        assert "contact" not in joined["call"]["customer"]
        assert joined["rtc"]["bundlePolicy"] == "max-bundle"


@pytest.mark.req("S2.9")
async def test_the_other_systems_names_work() -> None:
    cara = await db(cara_calls)
    async with TestPage() as page:
        joined = await page.request("join-session", sessionId=str(cara.call.pk), token=cara.token)
        assert joined["type"] == "joined-session"
        assert await page.request("leave-session") == {}


@pytest.mark.req("S1.2")
async def test_a_strangers_token_joins_nothing() -> None:
    await db(cara_calls)
    async with TestPage() as page:
        with pytest.raises(Refused, match="token_invalid"):
            await page.joins(token="made-up")


async def test_an_expired_link_joins_nothing() -> None:
    cara = await db(cara_calls)
    await db(Call.objects.update, token_expires_at=timezone.now())
    async with TestPage() as page:
        with pytest.raises(Refused, match="token_invalid"):
            await page.joins(token=cara.token)


async def test_the_token_of_another_call_joins_nothing() -> None:
    cara = await db(cara_calls)
    other = await db(cara_calls)
    async with TestPage() as page:
        with pytest.raises(Refused, match="not_found"):
            await page.joins(token=other.token, callId=str(cara.call.pk))


@pytest.mark.req("S5.5")
async def test_an_agent_of_another_call_joins_nothing() -> None:
    alice = await db(an_agent)
    cara = await db(talking, alice)
    bob = await db(an_agent, "bob")
    async with TestPage() as page:
        await page.logs_in(bob)
        with pytest.raises(Refused, match="not_found"):
            await page.joins(callId=str(cara.call.pk))


async def test_a_call_id_without_a_log_in_joins_nothing() -> None:
    cara = await db(cara_calls)
    async with TestPage() as page:
        with pytest.raises(Refused, match="not_authenticated"):
            await page.joins(callId=str(cara.call.pk))


async def test_an_agent_who_has_accepted_reads_the_contact() -> None:
    alice = await db(an_agent)
    await db(on_duty, alice)
    cara = await db(cara_calls)
    call = await db(accepts, alice)
    async with TestPage() as page:
        await page.logs_in(alice)
        joined = await page.joins(callId=str(call.pk))
        assert joined["role"] == "agent"
        assert joined["call"]["customer"]["contact"] == cara.call.customer_contact


async def test_who_neither_logs_in_nor_joins_is_shown_out(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch, login_seconds=0.05)
    async with TestPage() as page:
        assert await page.closed() == 4401


async def test_a_silent_page_is_hung_up(opened: list[Page]) -> None:
    cara = await db(cara_calls)
    async with TestPage() as page:
        await page.joins(token=cara.token)
        [own] = opened
        await own.run(own.session.tick(time.monotonic() + 31))
        assert await page.closed() == 4408


def hurry(monkeypatch: pytest.MonkeyPatch, **limits: float) -> None:
    """Shorter limits for pages that are opened from now on."""
    from calls.signaling.session import Limits
    from calls.sockets import page

    monkeypatch.setattr(page, "Limits", lambda size, rate: Limits(size, rate, **limits))


async def test_a_newer_page_of_the_same_party_takes_its_place() -> None:
    cara = await db(cara_calls)
    async with TestPage() as older, TestPage() as newer:
        await older.joins(token=cara.token)
        await newer.joins(token=cara.token)
        assert await older.closed() == 4409
        assert await newer.request("ping") == {}


async def test_a_newer_page_at_another_process_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    cara = await db(cara_calls)
    async with TestPage() as older, TestPage() as newer:
        await older.joins(token=cara.token)
        monkeypatch.setattr("calls.sockets.page.registry.seat", lambda peer_id, page: None)
        await newer.joins(token=cara.token)
        assert await older.closed() == 4409


async def test_connections_are_counted() -> None:
    before = connection_count()
    async with TestPage() as page:
        await page.request("ping")
        assert connection_count() == before + 1
    assert connection_count() == before


async def test_nothing_of_a_page_goes_on_when_it_is_gone(opened: list[Page]) -> None:
    alice = await db(an_agent)
    async with TestPage() as page:
        await page.opens_desk(alice)
        await page.request("ping")
    [own] = opened
    assert own.tasks._tasks == set()
