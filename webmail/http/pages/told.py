"""What was done, told on the page that a redirect leads to: a fixed table of sentences."""

from __future__ import annotations

import gettext
from collections.abc import Mapping

from webmail.i18n import N_, NN_

MOST = 1_000_000  # a number beyond it was not ours

_SENTENCES = {
    "moved": NN_("Message moved.", "{n} messages moved."),
    "archived": NN_("Message moved to Archive.", "{n} messages moved to Archive."),
    "copied": NN_("Message copied.", "{n} messages copied."),
    "deleted": NN_("Message moved to Trash.", "{n} messages moved to Trash."),
    "gone": NN_("Message deleted for good.", "{n} messages deleted for good."),
    "read": NN_("Message marked as read.", "{n} messages marked as read."),
    "unread": NN_("Message marked as unread.", "{n} messages marked as unread."),
    "starred": NN_("Message starred.", "{n} messages starred."),
    "unstarred": NN_("Star removed.", "{n} stars removed."),
    "junk": NN_("Message moved to Junk.", "{n} messages moved to Junk."),
    "notjunk": NN_("Message moved to Inbox.", "{n} messages moved to Inbox."),
    "none": (N_("No message was chosen, so nothing was changed."), ""),
    "sent": (N_("Message sent."), ""),
    "queued": (N_("Kept in the outbox. It will be sent as soon as the mail server takes it."), ""),
    "unfiled": (N_("Sent, but not filed in Sent."), ""),
    "saved": (N_("Draft saved."), ""),
    "discarded": (N_("Draft discarded."), ""),
    "created": (N_("Folder created."), ""),
    "renamed": (N_("Folder renamed."), ""),
    "removed": (N_("Folder deleted."), ""),
    "emptied": (N_("Folder emptied."), ""),
    "shown": (N_("The folder is shown in the list again."), ""),
    "hidden": (N_("The folder is no longer shown in the list."), ""),
    "settings": (N_("Settings saved."), ""),
}


def sentence(query: Mapping[str, str], catalogue: gettext.NullTranslations) -> str:
    """The sentence for `told` and `n` of a query; nothing for what is not in the table."""
    texts = _SENTENCES.get(query.get("told", ""))
    if texts is None:
        return ""
    count = query.get("n", "1")
    n = min(int(count), MOST) if count.isascii() and count.isdigit() and len(count) < 8 else 1
    one, several = texts
    words = catalogue.ngettext(one, several, n) if several else catalogue.gettext(one)
    return words.format(n=n)
