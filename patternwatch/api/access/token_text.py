"""A token of ours as text, and what is kept of it.

`pw_ID_SECRET`: the id is shown in lists and logs, the secret is 256 random bits, of which SHA-256 is kept.
A slow hash would protect what can be guessed; random bits cannot be (NIST SP 800-63B, 5.1.2.2: look-up
secrets of 112 bits or more).
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

PREFIX = "pw_"
_FORM = re.compile(r"pw_([0-9a-f]{10})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class TokenText:
    """A token, taken apart.

    >>> made = TokenText.new()
    >>> TokenText.read(str(made)) == made, made.fits(made.digest), made.fits("")
    (True, True, False)
    >>> TokenText.read("hunter2") is None
    True
    """

    token_id: str
    secret: str

    @classmethod
    def new(cls) -> "TokenText":
        """A new one, of the system's randomness."""
        return cls(secrets.token_hex(5), secrets.token_urlsafe(32))

    @classmethod
    def read(cls, text: str) -> "TokenText | None":
        """The parts of this text; None where it is no token of ours."""
        found = _FORM.fullmatch(text)
        return None if found is None else cls(found[1], found[2])

    @property
    def digest(self) -> str:
        """What is kept."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def fits(self, digest: str) -> bool:
        """Whether this is the token that was kept; takes the same time for every answer."""
        return hmac.compare_digest(self.digest, digest)

    def __str__(self) -> str:
        return f"{PREFIX}{self.token_id}_{self.secret}"
