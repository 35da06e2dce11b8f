"""Notices tokens that come and go, without a PIN and without a session on any of them."""

from __future__ import annotations

from collections.abc import Iterable

from app.errors import TokenError
from app.signing.keys.token_process import TokenDriver, TokenProcess, TokenTimeouts


class TokenWatch:
    """Keeps each driver loaded in its own process and asks only which tokens are plugged in.

    A driver that fails is not asked again: looking for keys says what is wrong with it. Used by
    one thread at a time.
    """

    def __init__(
        self, drivers: Iterable[TokenDriver], patience: TokenTimeouts | None = None
    ) -> None:
        self._waiting = list(drivers)
        self._patience = patience
        self._processes: list[TokenProcess] = []

    def present(self) -> frozenset[tuple[str, str]]:
        """Driver file and serial number of every token that is plugged in now."""
        while self._waiting:
            driver = self._waiting.pop()
            try:
                self._processes.append(TokenProcess(driver, self._patience))
            except TokenError:
                continue
        return frozenset(pair for process in [*self._processes] for pair in self._ask(process))

    def _ask(self, process: TokenProcess) -> list[tuple[str, str]]:
        try:
            answer = process.ask({"op": "present"}, process.patience.start)
        except TokenError:
            self._processes = [each for each in self._processes if each is not process]
            process.close()
            return []
        return [(process.driver.path.name, str(serial)) for serial in answer["present"]]

    def close(self) -> None:
        """End the drivers' processes; the next look starts them again."""
        for process in self._processes:
            process.close()
        self._processes = []
