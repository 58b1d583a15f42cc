"""Cara and alice write to each other while they talk: words, a picture, what is being written and what was read."""

from __future__ import annotations

import hashlib
import random
import struct
import zlib
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.browser import axe_violations
from tests.e2e.people import Alice, Cara, Scene

pytestmark = [pytest.mark.e2e]


def a_picture(path: Path, width: int = 320, height: int = 200) -> Path:
    rows = b"".join(
        b"\0" + bytes((x * 255 // width, y, 140)[c] for x in range(width) for c in range(3))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in chunks
        )
    )
    return path


async def they_talk(scene: Scene) -> tuple[Alice, Cara]:
    scene.set("alice")
    alice, cara = await scene.agent(), await scene.cara()
    await alice.goes_on_duty()
    await cara.calls()
    await alice.answers()
    await cara.becomes("callStatus", "IN_PROGRESS")
    return alice, cara


async def test_they_write_and_send_a_picture(scene: Scene, tmp_path: Path) -> None:
    alice, cara = await they_talk(scene)
    await alice.page.locator("[data-chat-text]").fill("신분증 사진을 보내 주세요. https://hanbit.example/id")
    await alice.page.locator("[data-chat-send]").click()
    await expect(cara.page.locator("[data-unread]")).to_have_text("1")
    await cara.page.locator("[data-open-chat]").click()
    await cara.sees("신분증 사진을 보내 주세요.")
    await expect(cara.page.locator("[data-unread]")).to_be_hidden()
    await expect(alice.page.locator("[data-chat] [data-read]", has_text="읽음")).to_be_visible()

    await cara.page.locator("[data-chat-text]").press_sequentially("여기")
    await expect(alice.page.locator("[data-chat-typing]")).to_contain_text("쓰는 중")
    await cara.page.locator("[data-chat-send]").click()
    await cara.page.locator("[data-chat-file]").set_input_files(a_picture(tmp_path / "신분증.png"))
    picture = alice.page.locator("[data-chat] .picture img")
    await expect(picture).to_have_attribute("alt", "신분증.png")
    await expect(picture).to_have_js_property("naturalWidth", 320)
    assert await axe_violations(cara.page) == []
    assert await axe_violations(alice.page) == []
    assert [*alice.tab.errors, *cara.tab.errors] == []


LET_FILES_GO = "from calls.models import Queue; answer = Queue.objects.filter(places__code='{code}').update(direct_files=True)"
ON_RECORD = """
from calls.models import Attachment, Message
answer = [[m.direct["state"], m.direct["size"], m.direct["sha256"]] for m in Message.objects.filter(
    room__call__place__code='{code}').order_by("seq")] + [Attachment.objects.filter(room__call__place__code='{code}').count()]
"""


@pytest.mark.req("S1.11")
async def test_a_file_goes_from_phone_to_desk_when_both_agree(scene: Scene, tmp_path: Path) -> None:
    scene.set("alice")
    scene.stack.ask(LET_FILES_GO.format(code=scene.code))
    alice, cara = await scene.agent(), await scene.cara()
    await alice.goes_on_duty()
    await cara.calls()
    await alice.answers()
    await cara.becomes("mediaPath", "direct")
    await alice.becomes("mediaPath", "direct")
    content = b"%PDF-1.7 " + random.Random(7).randbytes(3_000_000)
    paper = tmp_path / "신청서.pdf"
    paper.write_bytes(content)

    await cara.page.locator("[data-open-chat]").click()
    await cara.page.locator("[data-chat-file]").set_input_files(paper)
    await cara.page.locator("[data-chat-uploads] [data-file-direct]").click()
    offered = alice.page.locator("[data-chat] .direct")
    await expect(offered).to_contain_text("신청서.pdf")
    assert await axe_violations(cara.page) == []
    assert await axe_violations(alice.page) == []
    await offered.locator("[data-file-accept]").click()
    await expect(cara.page.locator("[data-chat] .direct")).to_contain_text(
        "직접 전달됨, 보관되지 않음", timeout=60_000
    )
    async with alice.page.expect_download() as download:
        await offered.locator("[data-file-save]").click()
    saved = await (await download.value).path()
    assert hashlib.sha256(saved.read_bytes()).digest() == hashlib.sha256(content).digest()

    await alice.page.locator("[data-chat-file]").set_input_files(a_picture(tmp_path / "지도.png"))
    await alice.page.locator("[data-chat-uploads] [data-file-direct]").click()
    await cara.page.locator("[data-chat] [data-file-decline]:visible").click()
    await expect(offered.last).to_contain_text("상대방이 받지 않았습니다")
    arrived, declined, attachments = scene.stack.ask(ON_RECORD.format(code=scene.code))
    assert arrived == ["arrived", len(content), hashlib.sha256(content).hexdigest()]
    assert declined[0] == "declined"
    assert attachments == 0
    assert [*alice.tab.errors, *cara.tab.errors] == []
