"""A bad link in user space: real kernel TCP, IP packets lost, queued, slowed, delayed and cut.

Two network namespaces, one for the school and one for the station, hold a TUN device each; a
thread carries the packets between them. The order is that of Linux netem: a packet is lost, or
waits for the rate, then for the delay. Needs root and /dev/net/tun (`why_not` says so); where
they are missing, `tests.support.proxy` is a bad network on the level of connections.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import random
import select
import shutil
import struct
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

SCHOOL, STATION = "10.77.0.1", "10.77.0.2"
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET, sched.h
_TUN = 0x1001  # IFF_TUN | IFF_NO_PI, linux/if_tun.h
_SET_INTERFACE = 0x400454CA  # TUNSETIFF
_LARGEST = 2048
_HERE = "/proc/thread-self/ns/net"
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Shape:
    """Of both directions alike."""

    rate: float
    """bit/s of IP packets."""
    round_trip: float
    """seconds"""
    loss: float = 0.0
    """Share of the packets, independently."""
    queue: int = 40 * 1024
    """bytes that wait for the rate; what comes on top is dropped"""
    cut_every: float = 0.0
    """seconds; 0: never"""
    silence: float = 3.0
    """seconds at the end of each period in which nothing passes. Connections from before never
    pass again and are never told so, as when a carrier forgets an address translation."""


def why_not() -> str:
    """Why this machine cannot make a link; '' when it can."""
    if not Path("/dev/net/tun").exists():
        return "there is no /dev/net/tun"
    if os.geteuid() != 0:
        return "network namespaces and TUN devices need root"
    if shutil.which("ip") is None:
        return "the command 'ip' (iproute2) is missing"
    return ""


class Side:
    """A network namespace with one TUN device as its only way out."""

    def __init__(self, address: str, peer: str) -> None:
        with _back_here_afterwards():
            _checked(_LIBC.unshare(_NEW_NETWORK))
            self._namespace = os.open(_HERE, os.O_RDONLY)
            self.tun = _new_tun("link0")
            for words in (
                f"addr add {address} peer {peer} dev link0",
                "link set link0 mtu 1500 up",
                "link set lo up",
            ):
                subprocess.run(["ip", *words.split()], check=True)
            # The one that every kernel has and allows here; a machine's default may be kinder.
            Path("/proc/sys/net/ipv4/tcp_congestion_control").write_text("reno")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets and processes that this thread makes meanwhile belong to this side."""
        with _back_here_afterwards():
            _checked(_LIBC.setns(self._namespace, _NEW_NETWORK))
            yield

    def close(self) -> None:
        os.close(self.tun)
        os.close(self._namespace)


@dataclass
class _Way:
    """One direction: packets with the moment at which each arrives."""

    shape: Shape
    chance: random.Random
    to: int
    line: deque[tuple[float, bytes]] = field(default_factory=deque)
    free_at: float = 0.0

    def take(self, packet: bytes, now: float) -> None:
        if self.chance.random() < self.shape.loss:
            return
        waiting = max(0.0, self.free_at - now) * self.shape.rate / 8
        if waiting + len(packet) > self.shape.queue:
            return
        self.free_at = max(now, self.free_at) + len(packet) * 8 / self.shape.rate
        self.line.append((self.free_at + self.shape.round_trip / 2, packet))

    def arrived(self, now: float) -> Iterator[bytes]:
        while self.line and self.line[0][0] <= now:
            yield self.line.popleft()[1]


class Link:
    """`school` and `station` are its two ends. Time begins with the first packet."""

    def __init__(self, shape: Shape, seed: int = 0) -> None:
        self._shape = shape
        self.school, self.station = Side(SCHOOL, STATION), Side(STATION, SCHOOL)
        chance = random.Random(seed)
        self._ways = {
            self.school.tun: _Way(shape, chance, self.station.tun),
            self.station.tun: _Way(shape, chance, self.school.tun),
        }
        self._period_of: dict[int, int] = {}
        self._began = 0.0
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        os.write(self._stop_write, b".")
        self._thread.join()
        for side in (self.school, self.station):
            side.close()
        os.close(self._stop_read)
        os.close(self._stop_write)

    def _carry(self) -> None:
        while True:
            heads = [way.line[0][0] for way in self._ways.values() if way.line]
            wait = max(0.0, min(heads) - time.monotonic()) if heads else None
            readable, _, _ = select.select([*self._ways, self._stop_read], [], [], wait)
            if self._stop_read in readable:
                return
            now = time.monotonic()
            self._began = self._began or now
            for tun in readable:
                self._ways[tun].take(os.read(tun, _LARGEST), now)
            for tun, way in self._ways.items():
                for packet in way.arrived(now):
                    if self._passes(packet, now - self._began, tun == self.school.tun):
                        with suppress(OSError):  # the other end has gone
                            os.write(way.to, packet)

    def _passes(self, packet: bytes, at: float, outward: bool) -> bool:
        if packet[0] >> 4 != 4:
            return False
        if not self._shape.cut_every:
            return True
        # The silence belongs to the next period: whoever calls out in it may live on after it.
        period, since = divmod(at + self._shape.silence, self._shape.cut_every)
        ports = (packet[0] & 15) * 4 + (0 if outward else 2)
        port = int.from_bytes(packet[ports : ports + 2], "big")
        lives = self._period_of.setdefault(port, int(period)) == int(period)
        return lives and (period == 0 or since >= self._shape.silence)


@contextmanager
def running_link(shape: Shape, seed: int = 0) -> Iterator[Link]:
    link = Link(shape, seed)
    link.start()
    try:
        yield link
    finally:
        link.close()


@contextmanager
def _back_here_afterwards() -> Iterator[None]:
    """A namespace belongs to a thread; this one returns to its own."""
    home = os.open(_HERE, os.O_RDONLY)
    try:
        yield
    finally:
        _checked(_LIBC.setns(home, _NEW_NETWORK))
        os.close(home)


def _new_tun(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, _SET_INTERFACE, struct.pack("16sH22x", name.encode(), _TUN))
    return device


def _checked(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
