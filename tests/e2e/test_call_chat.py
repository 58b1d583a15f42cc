"""Cara and alice write to each other while they talk: words, a picture, what is being written and what was read."""

from __future__ import annotations

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
