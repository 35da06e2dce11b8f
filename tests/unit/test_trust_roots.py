"""The roots that ship are the ones that the authorities publish, and nothing else."""

from app import resources
from app.signing.trust.certificates import fingerprint
from app.signing.trust.trust_list import Hierarchy, TrustedCertificate, TrustPurpose
from app.signing.trust.trust_store import TrustStore
from tests.fixtures.schools.publications import new_root

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


def test_a_path_names_the_hierarchy_it_stands_under() -> None:
    store = TrustStore.shipped()
    found = {path.hierarchy for root in store.roots if (path := store.path(root))}
    assert found == {Hierarchy.PUBLIC, Hierarchy.GOVERNMENT}


def test_what_was_added_goes_again_and_what_ships_stays() -> None:
    _, added = new_root("Nơi cấp thêm vào")
    store = TrustStore.shipped()
    before = set(store.roots)
    store.renew([TrustedCertificate(added, Hierarchy.GOVERNMENT)])
    path = store.path(added)
    assert path is not None
    assert path.hierarchy is Hierarchy.GOVERNMENT
    practice = store.with_practice()
    assert practice.path(added) is not None
    store.renew(())
    assert store.path(added) is None
    assert set(store.roots) == before


def test_a_stamping_authority_never_vouches_for_a_signer() -> None:
    _, stamping = new_root("Nơi cấp dấu thời gian")
    store = TrustStore((), others=[TrustedCertificate(stamping, purpose=TrustPurpose.TIMESTAMPS)])
    assert store.path(stamping) is None
    assert store.path(stamping, purpose=TrustPurpose.TIMESTAMPS) is not None
    assert store.roots == ()
