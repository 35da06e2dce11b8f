"""The school's own proxy: where it is, and who we are to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from app.errors import ProxyInvalid
from app.store import Workspace

_ADDRESS = "network.proxy"
_LOGIN = "network.proxy.login"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Proxy:
    """`address`: `http://host:port`, '' for none."""

    address: str = ""
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """With name and password, as the network's library takes it."""
        if not self.address or not self.user:
            return self.address
        login = f"{_quoted(self.user)}:{_quoted(self.password)}"
        return self.address.replace("http://", f"http://{login}@", 1)


def _quoted(word: str) -> str:
    """Sent as UTF-8 (RFC 7617 §2.1): requests itself knows Latin-1 only."""
    return quote(word.encode().decode("latin-1"), safe="")


def read_address(words: str) -> str:
    """'10.0.0.1:3128' or 'http://10.0.0.1:3128/' as `Proxy` has it; '' stays. ProxyInvalid."""
    words = words.strip()
    if not words:
        return ""
    try:
        parts = urlsplit(words if "://" in words else f"http://{words}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ProxyInvalid("address") from error
    extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    if parts.scheme != "http" or not host or not port or extra or len(words) > _LONGEST:
        raise ProxyInvalid("address")
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def kept(workspace: Workspace) -> Proxy:
    """SQL on the calling thread."""
    settings = workspace.here().settings
    login = json.loads(settings.secret(_LOGIN) or b"{}")
    return Proxy(
        str(settings.get(_ADDRESS, "")),
        str(login.get("user", "")),
        str(login.get("password", "")),
    )


def keep(workspace: Workspace, proxy: Proxy) -> None:
    """Name and password lie with the workspace's secrets. SQL on the calling thread."""
    store = workspace.here()
    login = {"user": proxy.user, "password": proxy.password} if proxy.user else {}
    with store.write():
        store.settings.set(_ADDRESS, proxy.address)
        store.settings.set_secret(_LOGIN, json.dumps(login).encode())
        store.audit.add("proxy", proxy.address)
