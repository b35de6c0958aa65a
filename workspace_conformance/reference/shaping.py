"""How answers are to be written on the connection: what no ASGI application decides.

Another status line, other spellings of header names, another framing: servers differ there as HTTP
lets them. `.protocol` writes answers in such a shape.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an answer: status line and header lines, each as a name and what follows the
    colon (with its white space), in order.
    """

    version: bytes
    status: int
    reason: bytes
    lines: Fields

    @classmethod
    def read(cls, raw: bytes) -> "Head":
        """Read what h11 wrote."""
        first, *rest = raw.removesuffix(b"\r\n\r\n").split(b"\r\n")
        version, status, reason = first.split(b" ", 2)
        pairs = (line.partition(b":") for line in rest)
        return cls(version, int(status), reason, tuple((name, value) for name, _, value in pairs))

    def write(self) -> bytes:
        """The bytes of the head, with the empty line that ends it."""
        first = b"%s %d %s" % (self.version, self.status, self.reason)
        lines = (name + b":" + value for name, value in self.lines)
        return b"\r\n".join((first, *lines, b"", b""))


@dataclass(slots=True)
class Shape:
    """What is done to answers as they are written; nothing, unless something is put in.

    heads: changes of the head, one after the other. interim: header fields of a 103 that goes
    ahead of every answer. extension and trailers: what is added to chunks, where there are any.
    """

    heads: list[Callable[[Head], Head]] = field(default_factory=list)
    interim: Fields = ()
    extension: bytes = b""
    trailers: Fields = ()

    def __bool__(self) -> bool:
        return bool(self.heads or self.interim or self.extension or self.trailers)
