"""Every command on one page: how it is read, what it does, in which states, and when the client is told.

A row and a function are all that knows a command.
"""

from __future__ import annotations

from collections.abc import Mapping

from webmail.imap import (
    annotating,
    appending,
    changing,
    entering,
    fetching,
    folders,
    idling,
    informing,
    listing,
    notifying,
    quotas,
    searching,
    selecting,
    sharing,
)
from webmail.imap.command import AFTER, BEFORE, BEFORE_NUMBERED, BOTH, NEVER, Command
from webmail.imap.state import ANY, BEHIND, State
from webmail.wire.imap_ask_fetch import parse_fetch
from webmail.wire.imap_ask_list import parse_list, parse_lsub
from webmail.wire.imap_ask_mailbox import (
    parse_create,
    parse_mailbox,
    parse_rename,
    parse_select,
    parse_status,
)
from webmail.wire.imap_ask_messages import parse_copy, parse_store, parse_uid_expunge
from webmail.wire.imap_ask_notify import parse_notify
from webmail.wire.imap_ask_rights import (
    parse_acl,
    parse_getmetadata,
    parse_getquota,
    parse_setacl,
    parse_setmetadata,
    parse_setquota,
)
from webmail.wire.imap_ask_search import parse_search, parse_sort, parse_thread
from webmail.wire.imap_ask_session import (
    parse_authenticate,
    parse_enable,
    parse_id,
    parse_language,
    parse_login,
    parse_nothing,
    parse_proxyauth,
    parse_xserverinfo,
)

STRANGER, SELECTED = State.STRANGER, State.SELECTED

# fmt: off
COMMANDS: Mapping[str, Command] = {
    # RFC 9051, 6.1: any state
    "CAPABILITY": Command(parse_nothing, entering.capability, ANY),
    "NOOP": Command(parse_nothing, entering.noop, ANY),
    "LOGOUT": Command(parse_nothing, entering.logout, ANY, NEVER),
    "ID": Command(parse_id, informing.id_, ANY),
    "LANGUAGE": Command(parse_language, informing.language, ANY),
    # 6.2: not authenticated
    "STARTTLS": Command(parse_nothing, entering.starttls, STRANGER),
    "AUTHENTICATE": Command(parse_authenticate, entering.authenticate, STRANGER),
    "LOGIN": Command(parse_login, entering.login, STRANGER),
    # 6.3: authenticated
    "ENABLE": Command(parse_enable, informing.enable, BEHIND),
    "SELECT": Command(parse_select, selecting.select, BEHIND, NEVER),
    "EXAMINE": Command(parse_select, selecting.examine, BEHIND, NEVER),
    "CREATE": Command(parse_create, folders.create, BEHIND),
    "DELETE": Command(parse_mailbox, folders.delete, BEHIND),
    "RENAME": Command(parse_rename, folders.rename, BEHIND),
    "SUBSCRIBE": Command(parse_mailbox, folders.subscribe, BEHIND),
    "UNSUBSCRIBE": Command(parse_mailbox, folders.unsubscribe, BEHIND),
    "LIST": Command(parse_list, listing.list_, BEHIND),
    "LSUB": Command(parse_lsub, listing.lsub, BEHIND),
    "NAMESPACE": Command(parse_nothing, folders.namespace, BEHIND),
    "STATUS": Command(parse_status, listing.status, BEHIND),
    "APPEND": Command(parse_nothing, appending.append, BEHIND, streams=True),
    "IDLE": Command(parse_nothing, idling.idle, BEHIND),
    "NOTIFY": Command(parse_notify, notifying.notify, BEHIND),
    "GETACL": Command(parse_mailbox, sharing.getacl, BEHIND),
    "SETACL": Command(parse_setacl, sharing.setacl, BEHIND),
    "DELETEACL": Command(parse_acl, sharing.deleteacl, BEHIND),
    "LISTRIGHTS": Command(parse_acl, sharing.listrights, BEHIND),
    "MYRIGHTS": Command(parse_mailbox, sharing.myrights, BEHIND),
    "GETQUOTA": Command(parse_getquota, quotas.getquota, BEHIND),
    "GETQUOTAROOT": Command(parse_mailbox, quotas.getquotaroot, BEHIND),
    "SETQUOTA": Command(parse_setquota, quotas.setquota, BEHIND),
    "GETMETADATA": Command(parse_getmetadata, annotating.getmetadata, BEHIND),
    "SETMETADATA": Command(parse_setmetadata, annotating.setmetadata, BEHIND),
    "PROXYAUTH": Command(parse_proxyauth, entering.proxyauth, BEHIND, NEVER),
    "UNAUTHENTICATE": Command(parse_nothing, entering.unauthenticate, BEHIND, NEVER),
    "XSERVERINFO": Command(parse_xserverinfo, informing.xserverinfo, BEHIND),
    # 6.4: selected
    "CHECK": Command(parse_nothing, selecting.check, SELECTED),
    "CLOSE": Command(parse_nothing, selecting.close, SELECTED, NEVER),
    "UNSELECT": Command(parse_nothing, selecting.unselect, SELECTED, NEVER),
    "EXPUNGE": Command(parse_nothing, changing.expunge, SELECTED, NEVER),
    "UID EXPUNGE": Command(parse_uid_expunge, changing.uid_expunge, SELECTED, BEFORE),
    "SEARCH": Command(parse_search, searching.search, SELECTED, NEVER),
    "UID SEARCH": Command(parse_search, searching.uid_search, SELECTED, NEVER),
    "SORT": Command(parse_sort, searching.sort, SELECTED, NEVER),
    "UID SORT": Command(parse_sort, searching.uid_sort, SELECTED, NEVER),
    "THREAD": Command(parse_thread, searching.thread, SELECTED, NEVER),
    "UID THREAD": Command(parse_thread, searching.uid_thread, SELECTED, NEVER),
    "FETCH": Command(parse_fetch, fetching.fetch, SELECTED, BEFORE_NUMBERED),
    "UID FETCH": Command(parse_fetch, fetching.uid_fetch, SELECTED, BEFORE),
    "STORE": Command(parse_store, changing.store, SELECTED, NEVER),
    "UID STORE": Command(parse_store, changing.uid_store, SELECTED, BEFORE),
    "COPY": Command(parse_copy, changing.copy, SELECTED, AFTER),
    "UID COPY": Command(parse_copy, changing.uid_copy, SELECTED, BOTH),
    "MOVE": Command(parse_copy, changing.move, SELECTED, NEVER),
    "UID MOVE": Command(parse_copy, changing.uid_move, SELECTED, BEFORE),
    "REPLACE": Command(parse_nothing, appending.replace, SELECTED, NEVER, streams=True),
    "UID REPLACE": Command(parse_nothing, appending.uid_replace, SELECTED, BEFORE, streams=True),
}
# fmt: on
