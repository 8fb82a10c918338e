"""LIST in all its forms, NAMESPACE and STATUS."""

from __future__ import annotations

import pytest

from tests.imap.conftest import Another
from tests.imap.talk import Answer, Client, letter


@pytest.fixture
def fruit(alice: Client) -> Client:
    """The mailboxes of RFC 5258, 5: Fruit/Peach was deleted, what is below Vegetable is subscribed to."""
    for name in ("Archive", "Drafts", "Junk", "Sent", "Trash"):
        alice.ok(f"DELETE {name}")
        alice.ok(f"UNSUBSCRIBE {name}")
    for name in (
        "Fruit/Apple",
        "Fruit/Banana",
        "Fruit/Peach",
        "Tofu",
        "Vegetable/Broccoli",
        "Vegetable/Corn",
    ):
        alice.ok(f"CREATE {name}")
    for name in ("Fruit/Banana", "Fruit/Peach", "Vegetable", "Vegetable/Broccoli"):
        alice.ok(f"SUBSCRIBE {name}")
    alice.ok("DELETE Fruit/Peach")
    return alice


def listed(answer: Answer) -> dict[str, str]:
    """Names, and what else their lines tell: attributes, then extended data."""
    found = {}
    for line in answer:
        attributes, _, rest = line.removeprefix("* LIST ").partition(' "/" ')
        name, _, more = rest.partition(" ")
        found[name] = " ".join(filter(None, (attributes, more)))
    return found


def test_list_matches_stars_and_percent_signs(alice: Client) -> None:
    alice.ok("CREATE a/b/c")
    assert list(listed(alice.ok('LIST "" a*'))) == ["a", "a/b", "a/b/c"]
    assert list(listed(alice.ok('LIST "" a%'))) == ["a"]
    assert list(listed(alice.ok('LIST "" %/%'))) == ["a/b"]
    assert list(listed(alice.ok("LIST a/ %"))) == ["a/b"]
    assert list(listed(alice.ok("LIST a %/c"))) == []
    assert list(listed(alice.ok('LIST a "*c"'))) == ["a/b/c"]
    assert list(listed(alice.ok('LIST "" inb%'))) == ["INBOX"]
    assert alice.ok('LIST "" A/*') == []


def test_list_of_nothing_tells_the_delimiter(alice: Client) -> None:
    assert alice.ok('LIST "" ""') == ['* LIST (\\Noselect) "/" ""']
    assert alice.ok('LIST (SUBSCRIBED) "" ""') == []


def test_list_tells_which_mailboxes_have_others_below(alice: Client) -> None:
    alice.ok("CREATE Work/2026")
    assert listed(alice.ok('LIST "" Work*')) == {"Work": "(\\HasChildren)", "Work/2026": "(\\HasNoChildren)"}


def test_list_tells_special_uses(alice: Client, another: Another) -> None:
    assert listed(another(alice).ok('LIST (SPECIAL-USE) "" *')) == {
        name: f"(\\HasNoChildren \\{name})" for name in ("Archive", "Drafts", "Junk", "Sent", "Trash")
    }
    assert listed(alice.ok('LIST "" S* RETURN (SPECIAL-USE)')) == {"Sent": "(\\HasNoChildren \\Sent)"}


# RFC 5258, 5


def test_everything(fruit: Client) -> None:
    assert listed(fruit.ok('LIST "" "*"')) == {
        "Fruit": "(\\HasChildren)",
        "Fruit/Apple": "(\\HasNoChildren)",
        "Fruit/Banana": "(\\HasNoChildren)",
        "INBOX": "(\\HasNoChildren)",
        "Tofu": "(\\HasNoChildren)",
        "Vegetable": "(\\HasChildren)",
        "Vegetable/Broccoli": "(\\HasNoChildren)",
        "Vegetable/Corn": "(\\HasNoChildren)",
    }


def test_only_what_is_subscribed_to(fruit: Client) -> None:
    assert listed(fruit.ok('LIST (SUBSCRIBED) "" "*"')) == {
        "Fruit/Banana": "(\\HasNoChildren \\Subscribed)",
        "Fruit/Peach": "(\\NonExistent \\HasNoChildren \\Subscribed)",
        "INBOX": "(\\HasNoChildren \\Subscribed)",
        "Vegetable": "(\\HasChildren \\Subscribed)",
        "Vegetable/Broccoli": "(\\HasNoChildren \\Subscribed)",
    }


def test_which_have_children(fruit: Client) -> None:
    assert listed(fruit.ok('LIST () "" "%" RETURN (CHILDREN)')) == {
        "Fruit": "(\\HasChildren)",
        "INBOX": "(\\HasNoChildren)",
        "Tofu": "(\\HasNoChildren)",
        "Vegetable": "(\\HasChildren)",
    }


def test_remote_ones_are_none_of_ours(fruit: Client) -> None:
    assert fruit.ok('LIST (REMOTE) "" "%" RETURN (CHILDREN)') == fruit.ok('LIST () "" "%" RETURN (CHILDREN)')
    assert listed(fruit.ok('LIST (REMOTE SUBSCRIBED) "" "F*"')) == {
        "Fruit/Banana": "(\\HasNoChildren \\Subscribed)",
        "Fruit/Peach": "(\\NonExistent \\HasNoChildren \\Subscribed)",
    }


def test_which_are_subscribed_to(fruit: Client) -> None:
    assert listed(fruit.ok('LIST "" "F*" RETURN (SUBSCRIBED)')) == {
        "Fruit": "(\\HasChildren)",
        "Fruit/Apple": "(\\HasNoChildren)",
        "Fruit/Banana": "(\\HasNoChildren \\Subscribed)",
    }


def test_what_is_subscribed_to_further_down(fruit: Client) -> None:
    assert listed(fruit.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"')) == {
        "Fruit": '(\\HasChildren) ("CHILDINFO" ("SUBSCRIBED"))',
        "INBOX": "(\\HasNoChildren \\Subscribed)",
        "Vegetable": '(\\HasChildren \\Subscribed) ("CHILDINFO" ("SUBSCRIBED"))',
    }


def test_names_above_say_so_where_no_pattern_matches_what_is_below(alice: Client) -> None:
    for name in (
        "foo2/bar1",
        "foo2/bar2",
        "baz2/bar2",
        "baz2/bar22",
        "baz2/bar222",
        "eps2/mamba",
        "qux2/bar2",
    ):
        alice.ok(f"CREATE {name}")
        alice.ok(f"SUBSCRIBE {name}")
    alice.ok("SUBSCRIBE eps2")
    assert listed(alice.ok('LIST (RECURSIVEMATCH SUBSCRIBED) "" "*2"')) == {
        "baz2/bar2": "(\\HasNoChildren \\Subscribed)",
        "baz2/bar22": "(\\HasNoChildren \\Subscribed)",
        "baz2/bar222": "(\\HasNoChildren \\Subscribed)",
        "eps2": '(\\HasChildren \\Subscribed) ("CHILDINFO" ("SUBSCRIBED"))',
        "foo2": '(\\HasChildren) ("CHILDINFO" ("SUBSCRIBED"))',
        "foo2/bar2": "(\\HasNoChildren \\Subscribed)",
        "qux2/bar2": "(\\HasNoChildren \\Subscribed)",
    }


def test_several_selections_hold_together(alice: Client) -> None:
    alice.ok("UNSUBSCRIBE Sent")
    alice.ok("CREATE Work")
    alice.ok("SUBSCRIBE Work")
    assert list(listed(alice.ok('LIST (SUBSCRIBED SPECIAL-USE SUBSCRIBED) "" *'))) == [
        "Archive",
        "Drafts",
        "Junk",
        "Trash",
    ]


def test_several_patterns_at_once(fruit: Client) -> None:
    assert list(listed(fruit.ok('LIST "" ("INBOX" "Tofu" "Fruit/%" "To*")'))) == [
        "Fruit/Apple",
        "Fruit/Banana",
        "INBOX",
        "Tofu",
    ]


@pytest.mark.parametrize(
    "asked",
    [
        '(RECURSIVEMATCH) "" *',
        '(RECURSIVEMATCH REMOTE) "" *',
        '(UNKNOWN) "" *',
        '"" * RETURN (UNKNOWN)',
        '"" ()',
        '"" *  RETURN ()',
        '""',
        '"" "a\x07b"',
        "",
    ],
)
def test_list_refuses_what_is_no_question(alice: Client, asked: str) -> None:
    alice.bad(f"LIST {asked}")


def test_list_takes_empty_options(alice: Client) -> None:
    assert alice.ok('LIST () "" (inbox) RETURN ()') == ['* LIST (\\HasNoChildren) "/" INBOX']


# RFC 5819


def test_list_returns_status(fruit: Client) -> None:
    fruit.fills("Fruit", letter())
    fruit.fills("Fruit/Banana", letter(), flags="\\Seen")
    assert fruit.ok('LIST "" "Fruit*" RETURN (STATUS (MESSAGES UNSEEN))') == [
        '* LIST (\\HasChildren) "/" Fruit',
        "* STATUS Fruit (MESSAGES 1 UNSEEN 1)",
        '* LIST (\\HasNoChildren) "/" Fruit/Apple',
        "* STATUS Fruit/Apple (MESSAGES 0 UNSEEN 0)",
        '* LIST (\\HasNoChildren) "/" Fruit/Banana',
        "* STATUS Fruit/Banana (MESSAGES 1 UNSEEN 0)",
    ]


def test_list_tells_no_status_of_what_is_not_there(fruit: Client) -> None:
    assert fruit.ok('LIST (SUBSCRIBED) "" "Fruit/%" RETURN (STATUS (MESSAGES))') == [
        '* LIST (\\HasNoChildren \\Subscribed) "/" Fruit/Banana',
        "* STATUS Fruit/Banana (MESSAGES 0)",
        '* LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" Fruit/Peach',
    ]


def test_list_returns_rights(alice: Client) -> None:
    (_, rights) = alice.ok('LIST "" INBOX RETURN (MYRIGHTS)')
    assert rights == "* MYRIGHTS INBOX lrswipkxteacd"


# RFC 2342


def test_namespaces_are_one_s_own_others_and_shared(alice: Client) -> None:
    assert alice.ok("NAMESPACE") == [
        '* NAMESPACE (("" "/")) (("Shared Folders/User/" "/")) (("Shared Folders/" "/"))'
    ]


# RFC 9051, 6.3.11


def test_status_counts_what_others_did(alice: Client, another: Another) -> None:
    other = another(alice)
    sizes = [len(letter("One")), len(letter("Twenty"))]
    other.fills("Archive", letter("One"), flags="\\Seen")
    other.fills("Archive", letter("Twenty"), flags="\\Deleted")
    assert alice.ok("STATUS Archive (MESSAGES UIDNEXT UNSEEN RECENT DELETED SIZE)") == [
        f"* STATUS Archive (MESSAGES 2 UIDNEXT 3 UNSEEN 1 RECENT 2 DELETED 1 SIZE {sum(sizes)})"
    ]
    other.ok("SELECT Archive")
    other.ok("EXPUNGE")
    assert alice.ok("STATUS Archive (MESSAGES UIDNEXT UNSEEN DELETED SIZE)") == [
        f"* STATUS Archive (MESSAGES 1 UIDNEXT 3 UNSEEN 0 DELETED 0 SIZE {sizes[0]})"
    ]


def test_status_of_the_selected_mailbox_is_no_hint_of_it(alice: Client, another: Another) -> None:
    alice.ok("SELECT INBOX")
    another(alice).fills("INBOX", letter())
    assert alice.ok("STATUS INBOX (MESSAGES)") == [
        "* STATUS INBOX (MESSAGES 1)",
        "* 1 EXISTS",
        "* 1 RECENT",
    ]


def test_status_refuses_what_it_does_not_know(alice: Client) -> None:
    alice.no("STATUS Nowhere (MESSAGES)", "NONEXISTENT")
    alice.bad("STATUS INBOX (WEATHER)")
    alice.bad("STATUS INBOX ()")
    alice.bad("STATUS INBOX")
