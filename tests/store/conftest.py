"""A store in a directory of the test, without any service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.accounts import store_in
from webmail.store.account import Account, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(store_in(tmp_path)) as opened:
        yield opened


@pytest.fixture
def alice(store: Store) -> Account:
    return store.opened("alice")
