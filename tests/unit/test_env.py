"""A broken environment is one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.helpers import env

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CC_A", "CC_B"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_a_file_fills_what_the_environment_leaves_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC_A", "from the shell")
    file = tmp_path / ".env"
    file.write_text("# a comment\n\nCC_A=from the file\nexport CC_B='two words'\n")
    env.load_dotenv(file)
    assert (env.text("CC_A"), env.text("CC_B")) == ("from the shell", "two words")


def test_a_file_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    env.load_dotenv(tmp_path / "absent")


@pytest.mark.parametrize("line", ["NOT AN ASSIGNMENT", "=value", "bad-name=1", "1A=2"])
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"CC_A=1\n{line}\n")
    with pytest.raises(env.EnvError, match=r"\.env line 2: expected NAME=value"):
        env.load_dotenv(file)


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(env.EnvError, match="CC_A is not set"):
        env.text("CC_A")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("yes", True), ("ON", True), ("1", True), ("no", False), ("", False), ("0", False)],
)
def test_booleans_are_words(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("CC_A", value)
    assert env.boolean("CC_A", not expected) is expected


def test_a_boolean_that_is_neither_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_A", "maybe")
    with pytest.raises(env.EnvError, match="CC_A must be yes or no, not 'maybe'"):
        env.boolean("CC_A", True)


@pytest.mark.parametrize(
    ("value", "complaint"), [("ten", "whole number"), ("0", "between 1 and 9"), ("10", "between")]
)
def test_a_number_out_of_range_is_named(monkeypatch: pytest.MonkeyPatch, value: str, complaint: str) -> None:
    monkeypatch.setenv("CC_A", value)
    with pytest.raises(env.EnvError, match=f"CC_A must be .*{complaint}"):
        env.integer("CC_A", 5, low=1, high=9)


def test_words_are_split_at_commas_and_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_A", "one, two  three,")
    assert env.words("CC_A") == ["one", "two", "three"]


def test_a_choice_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_A", "purple")
    with pytest.raises(env.EnvError, match="CC_A must be one of red, blue, not 'purple'"):
        env.choice("CC_A", "red", ("red", "blue"))
