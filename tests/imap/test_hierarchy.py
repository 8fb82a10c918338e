"""Which names LIST and LSUB tell, compared with what the RFCs say of each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webmail.imap.hierarchy import subscriptions
from webmail.wire.imap_ask_list import Listing, Pattern

NAMES = st.lists(st.sampled_from("ab"), min_size=1, max_size=4).map("/".join)


@given(st.frozensets(NAMES, max_size=8), st.text("ab/%*", max_size=5))
def test_lsub_tells_names_that_are_subscribed_to_and_those_above_that_tell_of_others(
    subscribed: frozenset[str], pattern: str
) -> None:
    """RFC 3501, 6.3.9."""
    matches = Pattern([pattern], "/").matches
    above = {name[:at] for name in subscribed for at in range(len(name)) if name[at] == "/"}
    expected = {name: True for name in subscribed if matches(name)} | {
        name: False
        for name in above - subscribed
        if matches(name) and not any(matches(each) for each in subscribed if each.startswith(f"{name}/"))
    }
    assert subscriptions(Listing("", (pattern,)), subscribed) == sorted(expected.items())


def test_lsub_costs_the_number_of_names_however_they_are_nested() -> None:
    """Each name above was compared with every one below it: an hour for what an account may hold."""
    names = ["/".join([f"{number}", *"abcdefghij" * 4]) for number in range(2000)]
    assert len(subscriptions(Listing("", ("%",)), names)) == 2000
