"""What the players of a random game do: each move is a command, what it should do, and what it should say."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from tests.imap.model import Account, Flags, Mailbox, Message, octets
from tests.imap.player import Own, Player, each
from tests.imap.talk import Answer, literal
from webmail.wire.imap_sets import SequenceSet

MOST = 25  # messages of a mailbox: enough for gaps, few enough to be read when it is printed
FLAGS = ("\\Seen", "\\Deleted", "\\Flagged", "\\Answered", "\\Draft", "$Work", "tea")
NAMES = ("INBOX", "Two", "Three", "Three/Inner", "Four", "Four/Inner")


class Game:
    """A random walk: one command of one player after the other."""

    def __init__(self, players: list[Player], account: Account, seed: int) -> None:
        self.random = random.Random(seed)
        self.players = players
        self.account = account
        self.letters = 0

    def step(self) -> None:
        for player in self.players:
            player.before = player.box.uids
        (move,) = self.random.choices([*MOVES], [*MOVES.values()])
        move(self, self.random.choice(self.players))

    def flags(self) -> list[str]:
        return self.random.sample(FLAGS, self.random.randint(0, 3))

    def mailbox(self) -> Mailbox:
        return self.random.choice(list(self.account.mailboxes.values()))

    def roomy(self) -> Mailbox | None:
        return next((box for _ in range(3) if len((box := self.mailbox()).messages) < MOST), None)

    def new_name(self) -> str | None:
        """A name that is free, with nothing below it."""
        taken = self.account.mailboxes
        free = [name for name in NAMES if not any(f"{each}/".startswith(f"{name}/") for each in taken)]
        return self.random.choice(free) if free else None

    def numbers(self, player: Player) -> tuple[str, str, set[int]]:
        """`UID ` or nothing, a set of messages, and the uids that it names."""
        if self.random.random() < 0.5:
            top = player.box.uidnext + 2
            uids = set(self.random.choices(range(1, top), k=self.random.randint(1, 6)))
            return "UID ", str(SequenceSet.of(uids)), uids
        numbers = self.random.choices(range(1, len(player.uids) + 1), k=self.random.randint(1, 6))
        return "", str(SequenceSet.of(numbers)), {player.number(number) for number in numbers}

    def subject(self) -> str:
        self.letters += 1
        return f"S{self.letters:04}"


def set_of(flags: Iterable[str]) -> Flags:
    return frozenset(flag.lower() for flag in flags)


def plays(player: Player) -> bool:
    """Whether there are messages to play with."""
    return player.selected and bool(player.uids) and bool(player.box.name)


def append(game: Game, player: Player) -> None:
    if (mailbox := game.roomy()) is None:
        return
    messages = [(game.subject(), game.flags()) for _ in range(game.random.randint(1, 3))]
    said = b"".join(
        b" (%b) %b" % (" ".join(flags).encode(), literal(octets(subject))) for subject, flags in messages
    )
    uids = mailbox.add((subject, set_of(flags)) for subject, flags in messages)
    answer = player.asks(b'APPEND "%b"%b' % (mailbox.name.encode(), said))
    validity, told = answer.code.removeprefix("APPENDUID ").split()
    assert each(SequenceSet.parse(told)) == uids
    game.account.heard_uidvalidity(mailbox, int(validity))


def store(game: Game, player: Player) -> None:
    if not plays(player):
        return
    uid, numbers, uids = game.numbers(player)
    how, silent = game.random.choice(["", "+", "-"]), game.random.choice(["", ".SILENT"])
    flags = game.flags()
    since = player.box.modseq if game.random.random() < 0.2 else None
    unchanged = f"(UNCHANGEDSINCE {since}) " if since is not None else ""
    answer = player.says(f"{uid}STORE {numbers} {unchanged}{how}FLAGS{silent} ({' '.join(flags)})")
    if player.readonly:
        player.heard(answer, "NO", numbered=False)
        return
    gone = not uid and not uids <= set(player.box.uids)
    kept = uids - modified(player, answer, uids, since, uid=bool(uid))
    player.box.flag(kept, how, set_of(flags))
    end = "(NO|OK) .(EXPUNGEISSUED|MODIFIED)" if gone else "OK"
    own = Own(kept, how, set_of(flags)) if silent else None
    player.heard(answer, end, numbered=not uid, own=own)


def modified(player: Player, answer: Answer, uids: set[int], since: int | None, *, uid: bool) -> set[int]:
    """The uids that MODIFIED tells; those whose mod-sequence is known say whether it is right."""
    found = re.search(r"\[MODIFIED (\S+)\]", answer.end)
    numbers = each(SequenceSet.parse(found[1])) if found else []
    changed = set(numbers) if uid else {player.number(number) for number in numbers}
    for message in player.box.among(uids):
        known = message.modseqs.get(message.version)
        if since is not None and known is not None:
            assert (known > since) == (message.uid in changed), message
    return changed


def copy(game: Game, player: Player) -> None:
    if not plays(player) or (target := game.roomy()) is None:
        return
    uid, numbers, uids = game.numbers(player)
    sources = player.box.among(uids)
    placed = target.add([(message.subject, message.flags) for message in sources])
    answer = player.asks(f'{uid}COPY {numbers} "{target.name}"')
    assert copied(game, target, answer) == dict(zip(map(uid_of, sources), placed, strict=True))


def move(game: Game, player: Player) -> None:
    if not plays(player) or (target := game.roomy()) is None:
        return
    uid, numbers, uids = game.numbers(player)
    if player.readonly:
        player.asks(f'{uid}MOVE {numbers} "{target.name}"', "NO")
        return
    sources = player.box.among(uids)
    placed = target.add([(message.subject, message.flags) for message in sources])
    player.box.remove([message.uid for message in sources])
    answer = player.asks(f'{uid}MOVE {numbers} "{target.name}"')
    assert copied(game, target, answer) == dict(zip(map(uid_of, sources), placed, strict=True))


uid_of: Callable[[Message], int] = attrgetter("uid")


def copied(game: Game, target: Mailbox, answer: Answer) -> dict[int, int]:
    """What COPYUID says: old uid → new one."""
    found = re.search(r"\[COPYUID (\d+) (\S+) (\S+)\]", "\n".join([*answer, answer.end]))
    if found is None:
        return {}
    game.account.heard_uidvalidity(target, int(found[1]))
    return dict(zip(*(each(SequenceSet.parse(found[group])) for group in (2, 3)), strict=True))


def expunge(game: Game, player: Player) -> None:
    if not plays(player):
        return
    _, _, uids = game.numbers(player)
    whole = game.random.random() < 0.5
    if not player.readonly:
        player.box.expunge(player.box.uids if whole else uids)
    player.asks(
        "EXPUNGE" if whole else f"UID EXPUNGE {SequenceSet.of(uids)}", "NO" if player.readonly else "OK"
    )


def fetch(game: Game, player: Player) -> None:
    if not plays(player):
        return
    uid, numbers, uids = game.numbers(player)
    items = game.random.sample(["FLAGS", "UID", "MODSEQ", "RFC822.SIZE", "BODY.PEEK[]", "BODY[]"], 2)
    if "BODY[]" in items and not player.readonly:
        player.box.flag(uids, "+", frozenset({"\\seen"}))
    answer = player.asks(f"{uid}FETCH {numbers} ({' '.join(items)})")
    told = {
        player.number(int(found[1])) for found in map(re.compile(r"\* (\d+) FETCH").match, answer) if found
    }
    assert told >= {message.uid for message in player.box.among(uids)}
    gone = not uid and not uids <= set(player.box.uids)
    assert (answer.code == "EXPUNGEISSUED") == gone


def noop(_game: Game, player: Player) -> None:
    player.asks("NOOP")


def idle(game: Game, player: Player) -> None:
    """Another one plays meanwhile."""
    player.asks("NOOP")
    tag = player.client.begins("IDLE")
    assert player.client.hears().startswith("+")
    other = game.random.choice([each for each in game.players if each is not player])
    game.random.choice([append, store, copy, move, expunge, delete, rename])(game, other)
    player.client.says("DONE")
    print("    idle:", answer := player.client.ends(tag))
    player.heard(answer, "OK", numbered=False)


def select(game: Game, player: Player) -> None:
    player.enter(game.mailbox(), readonly=game.random.random() < 0.2)


def close(game: Game, player: Player) -> None:
    if not player.selected:
        return
    player.asks("NOOP")
    if game.random.random() < 0.5:
        player.asks("UNSELECT")
    elif player.readonly:
        player.asks("CLOSE")
    else:
        gone = [message.uid for message in player.box.messages if "\\deleted" in message.flags]
        player.box.remove(gone)
        player.forgets(gone)
        player.asks("CLOSE")
    player.leave()


def create(game: Game, player: Player) -> None:
    name = game.random.choice(NAMES)
    exists = name in game.account.mailboxes
    if not exists:
        game.account.create(name)
    player.asks(f'CREATE "{name}"', "NO .ALREADYEXISTS" if exists else "OK")


def delete(game: Game, player: Player) -> None:
    name = game.random.choice(NAMES)
    if name == "INBOX":
        player.asks("DELETE inbox", "NO")
    elif name in game.account.mailboxes:
        game.account.delete(name)
        player.asks(f'DELETE "{name}"')
    else:
        player.asks(f'DELETE "{name}"', "NO .NONEXISTENT")


def rename(game: Game, player: Player) -> None:
    name, new = game.mailbox().name, game.new_name()
    if new is None or (new.startswith(f"{name}/") and name != "INBOX"):
        return
    game.account.rename(name, new)
    player.asks(f'RENAME "{name}" "{new}"')


def status(game: Game, player: Player) -> None:
    mailbox = game.mailbox()
    wanted = mailbox.counters()
    answer = player.asks(f'STATUS "{mailbox.name}" ({" ".join(wanted)} UIDVALIDITY HIGHESTMODSEQ)')
    told = dict(re.findall(r"([A-Z]+) (\d+)", answer.among("* STATUS …").rpartition("(")[2]))
    game.account.heard_uidvalidity(mailbox, int(told.pop("UIDVALIDITY")))
    modseq = int(told.pop("HIGHESTMODSEQ"))
    assert modseq >= mailbox.modseq
    mailbox.modseq = modseq
    assert told == {name: str(value) for name, value in wanted.items()}, (told, wanted)


def search(game: Game, player: Player) -> None:
    if not plays(player):
        return
    uid = game.random.choice(["UID ", ""])
    key, holds = game_key(game, player, depth=3)
    answer = player.asks(f"{uid}SEARCH {key}")
    (line,) = [line for line in answer if re.match(r"\* E?SEARCH", line)]
    check_found(player, numbers_of(line), filter(holds, player.box.messages), uid=bool(uid))


def numbers_of(line: str) -> list[int]:
    """Of a SEARCH, SORT or ESEARCH."""
    if found := re.fullmatch(r"\* ESEARCH \(TAG \"\w+\"\)(?: UID)?(?: ALL ([\d:,]+))?(?: MODSEQ \d+)?", line):
        return each(SequenceSet.parse(found[1] or ""))
    return [int(number) for number in re.sub(r" \(MODSEQ \d+\)", "", line).split()[2:]]


def check_found(player: Player, found: Sequence[int], wanted: Iterable[Message], *, uid: bool) -> None:
    assert [number if uid else player.number(number) for number in found] == [each.uid for each in wanted]


def game_key(game: Game, player: Player, depth: int) -> tuple[str, Callable[[Message], bool]]:
    """A search key and what it means."""
    choice = game.random.choice(KEYS if depth else KEYS[2:])
    return choice(game, player, depth)


def both(game: Game, player: Player, depth: int) -> tuple[str, Callable[[Message], bool]]:
    (one, first), (two, second) = game_key(game, player, depth - 1), game_key(game, player, depth - 1)
    if game.random.random() < 0.5:
        return f"OR {one} {two}", lambda message: first(message) or second(message)
    return f"({one} {two})", lambda message: first(message) and second(message)


def negated(game: Game, player: Player, depth: int) -> tuple[str, Callable[[Message], bool]]:
    key, holds = game_key(game, player, depth - 1)
    return f"NOT {key}", lambda message: not holds(message)


def flagged(game: Game, _player: Player, _depth: int) -> tuple[str, Callable[[Message], bool]]:
    flag = game.random.choice(FLAGS)
    key = flag.removeprefix("\\").upper() if flag.startswith("\\") else f"KEYWORD {flag}"
    return key, lambda message: flag.lower() in message.flags


def numbered(game: Game, player: Player, _depth: int) -> tuple[str, Callable[[Message], bool]]:
    uid, numbers, uids = game.numbers(player)
    return f"{uid}{numbers}", lambda message: message.uid in uids


def about(game: Game, _player: Player, _depth: int) -> tuple[str, Callable[[Message], bool]]:
    text = f"S{game.random.randint(1, game.letters + 1):04}"[: game.random.randint(2, 5)]
    word = game.random.choice(["SUBJECT", "BODY", "TEXT"])
    return f'{word} "{text.lower()}"', lambda message: text in message.subject


def sized(game: Game, _player: Player, _depth: int) -> tuple[str, Callable[[Message], bool]]:
    size = len(octets(f"S{game.letters:04}")) - 2
    return f"LARGER {size}", lambda message: len(message.octets) > size


KEYS: tuple[Callable[[Game, Player, int], tuple[str, Callable[[Message], bool]]], ...] = (
    both,
    negated,
    flagged,
    numbered,
    about,
    sized,
)


def sort(game: Game, player: Player) -> None:
    if not plays(player):
        return
    uid, reverse = game.random.choice(["UID ", ""]), game.random.random() < 0.5
    answer = player.asks(f"{uid}SORT ({'REVERSE ' if reverse else ''}SUBJECT) UTF-8 ALL")
    wanted = sorted(player.box.messages, key=lambda message: message.subject, reverse=reverse)
    check_found(player, numbers_of(answer.among("* SORT…")), wanted, uid=bool(uid))


# How often each is chosen.
MOVES: dict[Callable[[Game, Player], None], int] = {
    append: 10, store: 18, copy: 6, move: 4, expunge: 8, fetch: 12, noop: 6, idle: 6, select: 6, close: 3,
    create: 2, delete: 2, rename: 2, status: 6, search: 12, sort: 4,
}  # fmt: skip
