"""The roots that ship are the ones that the authorities publish, and nothing else."""

from app import resources
from app.signing.certificates import fingerprint
from app.signing.trust import TrustStore

NATIONAL = "bac8bf609ab420a8ee1780d74f4de5c7f7184959d2a7375b0a75e4c29f0908e7"
GOVERNMENT = "f04ba4b459a7c9a1b971ad9b1cb833e695a80c79aea63b174b66a70edfe2fdb8"


def test_exactly_the_two_published_roots_ship() -> None:
    store = TrustStore.shipped()
    assert {fingerprint(root) for root in store.roots} == {NATIONAL, GOVERNMENT}
    assert store.intermediates == ()


def test_every_shipped_root_signs_itself() -> None:
    for root in TrustStore.shipped().roots:
        root.verify_directly_issued_by(root)


def test_the_table_beside_the_roots_names_their_fingerprints() -> None:
    table = (resources.path("trust") / "README.md").read_text(encoding="utf-8").replace(" ", "")
    assert NATIONAL in table
    assert GOVERNMENT in table
