"""Each capability and each command has a conversation that shows it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.imap import (
    test_acl,
    test_append,
    test_condstore,
    test_copy,
    test_entering,
    test_fetch,
    test_idle,
    test_list,
    test_mailboxes,
    test_metadata,
    test_notify,
    test_parameters,
    test_qresync,
    test_quota,
    test_rev2,
    test_rights,
    test_search,
    test_select,
    test_session,
    test_store,
)
from tests.imap.service import ADMIN, Service
from webmail.imap import capabilities
from webmail.imap.table import COMMANDS

Settled = Callable[[dict[str, str]], Service]

SHOWN: Mapping[str, Callable[..., None]] = {
    "ACL": test_acl.test_getacl_tells_who_may_what,
    "APPENDLIMIT": test_parameters.test_a_message_may_be_as_big_as_the_administrator_says,
    "AUTH=ANONYMOUS": test_parameters.test_nobody_comes_in_as_nobody_unless_the_administrator_says_so,
    "AUTH=EXTERNAL": test_entering.test_a_certificate_lets_its_owner_in,
    "AUTH=PLAIN": test_entering.test_plain_may_come_with_the_command_or_behind_it,
    "BINARY": test_fetch.test_binary_is_without_transfer_encoding,
    "CHILDREN": test_list.test_list_tells_which_mailboxes_have_others_below,
    "CONDSTORE": test_condstore.test_who_asks_for_mod_sequences_is_told_them_from_then_on,
    "CREATE-SPECIAL-USE": test_mailboxes.test_create_takes_a_special_use,
    "ENABLE": test_session.test_enable_tells_what_it_took_and_no_more,
    "ESEARCH": test_search.test_search_returns_what_is_asked_for,
    "ESORT": test_search.test_sort_returns_what_is_asked_for,
    "ID": test_session.test_id_tells_our_name_and_notes_the_client_s,
    "IDLE": test_idle.test_idle_tells_what_comes_changes_and_goes,
    "IMAP4rev1": test_select.test_select_tells_all_that_there_is_to_know,
    "IMAP4rev2": test_rev2.test_select_tells_the_mailbox_and_nothing_of_what_is_recent_or_unseen,
    "LANGUAGE": test_session.test_language_tells_and_takes_languages,
    "LIST-EXTENDED": test_list.test_what_is_subscribed_to_further_down,
    "LIST-MYRIGHTS": test_list.test_list_returns_rights,
    "LIST-STATUS": test_list.test_list_returns_status,
    "LITERAL+": test_entering.test_login_takes_literals_too,
    "LOGINDISABLED": test_parameters.test_passwords_are_not_taken_in_clear_where_that_is_forbidden,
    "METADATA": test_metadata.test_values_are_set_told_and_taken_away,
    "MOVE": test_copy.test_move_takes_messages_away,
    "MULTIAPPEND": test_append.test_many_messages_come_at_once_in_their_order,
    "NAMESPACE": test_list.test_namespaces_are_one_s_own_others_and_shared,
    "NOTIFY": test_notify.test_the_selected_mailbox_is_told_as_it_changes,
    "OBJECTID": test_fetch.test_the_id_of_a_message_stays_when_it_is_copied_or_moved,
    "PARTIAL": test_fetch.test_fetch_of_a_window,
    "PREVIEW": test_fetch.test_a_preview_is_the_beginning_of_the_text,
    "PROXYAUTH": test_session.test_proxyauth_turns_an_administrator_into_somebody_else,
    "QRESYNC": test_qresync.test_select_tells_what_happened_since,
    "QUOTA": test_quota.test_what_is_used_is_told,
    "QUOTA=RES-MESSAGE": test_quota.test_append_stops_where_there_is_no_room,
    "QUOTA=RES-STORAGE": test_quota.test_append_stops_where_there_is_no_room,
    "QUOTASET": test_quota.test_a_resource_that_is_not_named_has_no_limit,
    "REPLACE": test_append.test_replace_puts_one_message_in_the_place_of_another,
    "RIGHTS=kxte": test_rights.test_a_command_takes_its_right,
    "SASL-IR": test_entering.test_plain_may_come_with_the_command_or_behind_it,
    "SAVEDATE": test_fetch.test_the_date_of_saving_is_that_of_this_mailbox,
    "SEARCHRES": test_search.test_a_saved_result_stands_for_its_messages,
    "SORT": test_search.test_sort,
    "SORT=DISPLAY": test_search.test_sort,
    "SPECIAL-USE": test_list.test_list_tells_special_uses,
    "STARTTLS": test_entering.test_starttls_encrypts_what_follows,
    "STATUS=SIZE": test_list.test_status_counts_what_others_did,
    "THREAD=ORDEREDSUBJECT": test_search.test_threads,
    "THREAD=REFERENCES": test_search.test_threads,
    "UIDPLUS": test_store.test_expunge_by_uid_removes_only_those,
    "UNAUTHENTICATE": test_session.test_unauthenticate_leaves_a_stranger_behind,
    "UNSELECT": test_select.test_unselect_expunges_nothing,
    "UTF8=ACCEPT": test_rev2.test_utf8_accept_takes_and_gives_utf8,
    "WITHIN": test_search.test_search,
    "XSENDER": test_fetch.test_who_handed_a_message_in_is_told_where_it_is_known,
    "XSERVERINFO": test_session.test_xserverinfo_tells_pages_that_are_configured,
}


def texts() -> Iterator[str]:
    """All strings in the conversations."""
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
                yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")


def test_every_command_is_in_a_conversation() -> None:
    said = [text for text in texts() if text[:1].isupper()]
    silent = [
        name
        for name in COMMANDS
        if not any(text.split(" ")[: name.count(" ") + 1] == name.split(" ") for text in said)
    ]
    assert not silent


def test_every_capability_is_in_a_conversation(settled: Settled) -> None:
    service = settled({"service.imap.allowanonymouslogin": "yes"})
    with service.client() as stranger, service.signed_in(ADMIN) as admin:
        told = {*stranger.ok("CAPABILITY")[0].split()[2:], *admin.ok("CAPABILITY")[0].split()[2:]}
    elsewhere = {"AUTH=EXTERNAL", "STARTTLS", "LOGINDISABLED"}  # take TLS, or passwords that are forbidden
    assert {
        name.partition("=")[0] if name.startswith("APPENDLIMIT") else name for name in told
    } | elsewhere == SHOWN.keys()


def test_what_can_be_enabled_is_told() -> None:
    told = {name.upper() for name in (*capabilities.ALWAYS, *capabilities.BEHIND)}
    assert told >= capabilities.ENABLED
