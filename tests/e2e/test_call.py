"""The main job, in real browsers: scan, call, answer, talk, hang up, read it afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.browser import axe_violations
from tests.e2e.people import Alice, Cara, Scene, turns
from tests.e2e.reading import captions_can_be_read, the_past_stays
from tests.e2e.sound import changed_packets, cut, tone_share

pytestmark = pytest.mark.e2e

PROFANE = "씨발"
FILES = """
from calls.models import Recording
from django.conf import settings
from transcripts.models import Utterance
from calls.models import Call
call = Call.objects.get(pk="{call}")
recording = Recording.objects.get(call=call, participant__role="customer")
masks = [m for u in Utterance.objects.filter(call=call, source="offline") for m in u.masks]
whole = settings.DATA_DIR / "opened.opus"
with recording.open_original() as sound:
    whole.write_bytes(sound.read_at(0, sound.size))
answer = [str(whole), str(settings.DATA_DIR / recording.masked_path), masks]
"""


async def two_people(scene: Scene, language: str = "ko") -> tuple[Alice, Cara]:
    """alice says one sentence again and again, cara two, of which one is profane."""
    profane = {"ko": slice(1, 3), "en": slice(2, 4)}[language]
    alice = await scene.agent(
        voice=turns(language, "agent", scene.folder / "alice-voice.wav", only=slice(0, 2), gap=1.4)
    )
    cara = await scene.cara(
        voice=turns(language, "customer", scene.folder / "cara-voice.wav", only=profane, gap=1.4),
        language=language,
    )
    return alice, cara


@pytest.mark.req("S1.2", "S1.3", "S1.4", "S1.5", "S1.6", "S1.7", "S1.8")
@pytest.mark.parametrize("language", ["ko", pytest.param("en", marks=pytest.mark.long)])
async def test_a_customer_scans_talks_and_is_written_down(scene: Scene, language: str) -> None:
    scene.set("alice", supervisor=True)
    alice, cara = await two_people(scene, language)
    await alice.logs_in_with_the_password()
    await alice.sits_down()
    await cara.calls(language=language)
    await alice.answers()
    for person in (alice, cara):
        await person.becomes("callStatus", "IN_PROGRESS")
        assert (await person.hears())["packetsReceived"] > 50
        assert await person.state("mediaPath") == "direct"

    for person in (alice, cara):
        captions = await person.reads_a_masked_caption()
        assert not any(PROFANE in text or "fuck" in text for text in captions)
    await alice.reads_what_both_say()
    assert PROFANE not in await alice.page.content()
    await the_past_stays(cara.page)
    await cara.hangs_up()
    await alice.becomes("callStatus", "ENDED", within=5)
    await expect(cara.page.locator("[data-on=ended]")).to_be_visible()
    await the_record_tells_it(scene, alice)
    await the_sound_is_masked(scene, alice.page.url)
    await the_masked_word_can_be_looked_at(alice)
    for person in (alice, cara):
        assert person.tab.errors == []


@pytest.mark.req("S1.5", "S2.6")
@pytest.mark.long
async def test_captions_can_be_read_by_who_is_hard_of_hearing(scene: Scene) -> None:
    scene.set("alice")
    alice, cara = await two_people(scene, "ko")
    await alice.goes_on_duty()
    await cara.calls()
    await alice.answers()
    for person in (alice, cara):
        await person.reads_a_masked_caption()
        await captions_can_be_read(person.page)


async def the_record_tells_it(scene: Scene, alice: Alice) -> None:
    await alice.opens_the_record()
    speakers = set(
        await alice.page.locator("[data-turn]").evaluate_all("all => all.map(e => e.dataset.from)")
    )
    assert speakers == {"customer", "agent"}
    starts = await alice.page.locator("[data-turn]").evaluate_all(
        "all => all.map(e => Number(e.dataset.start))"
    )
    assert starts == sorted(starts)
    assert len(set(starts)) == len(starts)
    assert await alice.page.locator("[data-mask]").count() >= 1
    await expect(alice.page.locator("audio[data-track]")).to_have_count(2, timeout=30_000)
    assert await axe_violations(alice.page) == []


async def the_sound_is_masked(scene: Scene, url: str) -> None:
    """1 kHz inside every span, the very packets of the original outside."""
    call_id = url.rstrip("/").split("/")[-1]
    original, masked, masks = scene.stack.ask(FILES.format(call=call_id))
    assert masks
    changed = changed_packets(Path(original), Path(masked))
    for mask in masks:
        covering = [span for span in changed if span[0] <= mask["start_ms"] and mask["end_ms"] <= span[1]]
        assert covering, f"{mask} is not covered by {changed}"
        assert tone_share(cut(Path(masked), mask["start_ms"], mask["end_ms"]), 1000) > 0.8
        assert tone_share(cut(Path(original), mask["start_ms"], mask["end_ms"]), 1000) < 0.5
    beeping = sum(end - start for start, end in changed)
    assert beeping < sum(mask["end_ms"] - mask["start_ms"] + 400 for mask in masks)


async def the_masked_word_can_be_looked_at(alice: Alice) -> None:
    """With a reason, and it stays on record."""
    await alice.page.locator("[data-reveal]").first.click()
    dialog = alice.page.locator("[data-reveal-dialog]")
    await expect(dialog).to_be_visible()
    await dialog.locator("label.chip").first.click()
    await dialog.locator("button[value=show]").click()
    shown = alice.page.locator("[data-mask] .open").first
    await expect(shown).to_be_visible()
    assert await shown.inner_text() != "●●●"
    assert alice.stack.ask("from transcripts.models import Reveal; answer = Reveal.objects.count()") >= 1
