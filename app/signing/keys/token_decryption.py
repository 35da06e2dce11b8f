"""An RSA key on a token or in an HSM that opens what was encrypted for its certificate."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, AsymmetricPadding

from app.errors import CertificateUnfit, DriverCrashed, DriverHangs, TokenError, TokenRemoved
from app.signing.keys.token_process import TokenDriver, TokenKey, open_token_key

_GONE = (DriverCrashed, DriverHangs, TokenRemoved)


class TokenDecryptionKey:
    """Logged in once; safe for several threads, which wait for each other."""

    def __init__(self, key: TokenKey, public_key: rsa.RSAPublicKey) -> None:
        self._key = key
        self._public_key = public_key

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate to which others encrypt."""
        return self._key.certificate

    def public_key(self) -> rsa.RSAPublicKey:
        """The RSA key of the certificate."""
        return self._public_key

    def decrypt(self, ciphertext: bytes, padding: AsymmetricPadding) -> bytes:
        """RSAES-OAEP with SHA-256 and MGF1 with SHA-256.

        Raises ValueError for what this key does not open, as software keys do; DriverCrashed,
        DriverHangs, TokenRemoved when the token is gone.
        """
        is_ours = (
            isinstance(padding, OAEP)
            and isinstance(padding.algorithm, hashes.SHA256)
            and isinstance(padding.mgf, MGF1)
        )
        if not is_ours or len(ciphertext) != self._public_key.key_size // 8:
            raise ValueError("padding or length")
        try:
            return self._key.decrypt(ciphertext)
        except _GONE:
            raise
        except TokenError as error:
            raise ValueError("not encrypted for this key") from error

    def close(self) -> None:
        """End the process that holds the token."""
        self._key.close()


def open_decryption_key(
    driver: TokenDriver, token_serial: str, cka_id: str, pin: str
) -> TokenDecryptionKey:
    """Raises CertificateUnfit when the key is not RSA, and what `open_token_key` raises."""
    key = open_token_key(driver, token_serial, cka_id, pin)
    public_key = key.certificate.public_key()
    if not isinstance(public_key, rsa.RSAPublicKey):
        key.close()
        raise CertificateUnfit("not RSA", reason="khóa không phải RSA")
    return TokenDecryptionKey(key, public_key)
