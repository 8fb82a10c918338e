"""What was done, told on the page that a redirect leads to: a fixed table of sentences."""

from __future__ import annotations

import gettext
from collections.abc import Mapping

from webmail.i18n import N_

MOST = 1_000_000  # a number beyond it was not ours

_SENTENCES = {
    "moved": (N_("Message moved."), N_("{n} messages moved.")),
    "archived": (N_("Message moved to Archive."), N_("{n} messages moved to Archive.")),
    "copied": (N_("Message copied."), N_("{n} messages copied.")),
    "deleted": (N_("Message moved to Trash."), N_("{n} messages moved to Trash.")),
    "gone": (N_("Message deleted for good."), N_("{n} messages deleted for good.")),
    "read": (N_("Message marked as read."), N_("{n} messages marked as read.")),
    "unread": (N_("Message marked as unread."), N_("{n} messages marked as unread.")),
    "starred": (N_("Message starred."), N_("{n} messages starred.")),
    "unstarred": (N_("Star removed."), N_("{n} stars removed.")),
    "junk": (N_("Message moved to Junk."), N_("{n} messages moved to Junk.")),
    "notjunk": (N_("Message moved to Inbox."), N_("{n} messages moved to Inbox.")),
    "none": (N_("No message was chosen, so nothing was changed."),) * 2,
    "sent": (N_("Message sent."),) * 2,
    "queued": (N_("Kept in the outbox. It will be sent as soon as the mail server takes it."),) * 2,
    "unfiled": (N_("Sent, but not filed in Sent."),) * 2,
    "saved": (N_("Draft saved."),) * 2,
    "discarded": (N_("Draft discarded."),) * 2,
    "created": (N_("Folder created."),) * 2,
    "renamed": (N_("Folder renamed."),) * 2,
    "removed": (N_("Folder deleted."),) * 2,
    "emptied": (N_("Folder emptied."),) * 2,
    "shown": (N_("The folder is shown in the list again."),) * 2,
    "hidden": (N_("The folder is no longer shown in the list."),) * 2,
    "settings": (N_("Settings saved."),) * 2,
}


def sentence(query: Mapping[str, str], catalogue: gettext.NullTranslations) -> str:
    """The sentence for `told` and `n` of a query; nothing for what is not in the table."""
    texts = _SENTENCES.get(query.get("told", ""))
    if texts is None:
        return ""
    count = query.get("n", "1")
    n = min(int(count), MOST) if count.isascii() and count.isdigit() and len(count) < 8 else 1
    one, several = texts
    return catalogue.ngettext(one, several, n).format(n=n)
