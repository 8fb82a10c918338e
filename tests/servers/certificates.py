"""A certification authority of the tests' own, and the server certificates it signs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files: the chain, its private key, and the authority that vouches for it."""

    chain: Path
    key: Path
    ca: Path


class Authority:
    """Issues certificates into a directory; `ca` is what clients are to trust."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._ca = trustme.CA(organization_name="Webmail tests")
        self.ca = directory / "ca.pem"
        self._ca.cert_pem.write_to_path(self.ca)

    def issue(self, name: str, *identities: str) -> Certificate:
        """A certificate for these host names and addresses, in files called after `name`."""
        made = self._ca.issue_cert(*identities, common_name=identities[0])  # OfflineIMAP looks nowhere else
        chain, key = self._directory / f"{name}.pem", self._directory / f"{name}.key"
        chain.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
        made.private_key_pem.write_to_path(key)
        key.chmod(0o600)
        return Certificate(chain, key, self.ca)
