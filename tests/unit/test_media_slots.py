"""How the packets of a listener become messages that the kernel can cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.media.slots import MEMORY_BYTES, MOST_BYTES, MOST_SEGMENTS, MOST_SLOTS, Slots, _cut, stride_for

pytestmark = pytest.mark.unit

LENGTHS = st.lists(st.integers(29, 1500), min_size=1, max_size=150).map(
    lambda some: sorted(some, reverse=True)
)
FEW_LENGTHS = st.lists(st.sampled_from([40, 90, 1400]), min_size=1, max_size=150).map(
    lambda some: sorted(some, reverse=True)
)


@given(LENGTHS | FEW_LENGTHS)
def test_every_message_is_one_that_the_kernel_cuts_where_packets_end(sizes: list[int]) -> None:
    counts, segments = _cut(sizes)
    begin = 0
    for count, segment in zip(counts, segments, strict=True):
        *all_but_last, last = sizes[begin : begin + count]
        assert set(all_but_last) <= {segment}
        assert last <= segment
        assert count <= MOST_SEGMENTS
        assert sum(all_but_last) + last <= MOST_BYTES
        begin += count
    assert begin == len(sizes)


@pytest.mark.parametrize(
    ("sizes", "counts"),
    [
        ([90], [1]),
        ([90, 80], [2]),
        ([90, 80, 70], [2, 1]),
        ([90, 90, 90, 80, 70], [4, 1]),
        ([*range(200, 100, -1)], [2] * 50),
        ([90, 80, 80, 80, 70], [2, 3]),
        ([90] * 61, [60, 1]),
        ([1400] * 47, [46, 1]),
    ],
)
def test_there_are_as_few_messages_as_that_allows(sizes: list[int], counts: list[int]) -> None:
    assert _cut(sizes)[0] == counts


@pytest.mark.parametrize(("longest", "stride"), [(64, 64), (65, 128), (131, 192), (1500, 1536)])
def test_slots_are_as_long_as_the_longest_packet_and_fit_into_the_memory(longest: int, stride: int) -> None:
    assert stride_for(longest) == stride
    slots = Slots(None, print)
    assert slots.most(longest) == min(MOST_SLOTS, MEMORY_BYTES // stride)
    assert int(slots.places(stride)[-1] - slots.memory) + stride <= MEMORY_BYTES
