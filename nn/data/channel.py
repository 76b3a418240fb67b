"""Messages between two processes, over a pair of sockets: arrays go from buffer to buffer.

Pickle protocol 5 takes the contents of arrays out of the pickle; they are sent from where they lie
and received where they stay. When either side ends, however it ends, the other one sees it.
"""

from __future__ import annotations

import io
import pickle
import socket
import struct
from multiprocessing.connection import wait
from typing import Any

from autograd.tensor import Tensor, wrap

_HEAD = struct.Struct("!II")  # length of the sizes, length of the pickle


class _Pickler(pickle.Pickler):
    """Constant Tensors travel as their arrays, which nobody else holds over there."""

    def reducer_override(self, value: Any) -> Any:
        if type(value) is Tensor and value.node is None and value.ndim:
            return wrap, (value._data,)
        return NotImplemented


def packed(value: Any) -> list[Any]:
    """The parts of a message."""
    buffers: list[pickle.PickleBuffer] = []
    stream = io.BytesIO()
    _Pickler(stream, protocol=5, buffer_callback=buffers.append).dump(value)
    raw = [b.raw() for b in buffers]
    sizes = struct.pack(f"!{len(raw)}Q", *(r.nbytes for r in raw))
    content = stream.getbuffer()
    return [_HEAD.pack(len(sizes), content.nbytes) + sizes, content, *raw]


class Channel:
    """One end. Errors of the other end are EOFError or OSError."""

    def __init__(self, end: socket.socket):
        self.end = end

    def send(self, parts: list[Any]) -> None:
        """Send what `packed` made."""
        for part in parts:
            self.end.sendall(part)

    def receive(self, timeout: float = 0) -> Any:
        """The next message.

        Raises
        ------
        TimeoutError
            If the other end says nothing for `timeout` seconds, unless that is 0.
        EOFError, OSError
            If it is gone.
        """
        if timeout and not wait([self.end], timeout):
            raise TimeoutError
        sizes, length = _HEAD.unpack(self._take(_HEAD.size))
        lengths = struct.unpack(f"!{sizes // 8}Q", self._take(sizes))
        content = self._take(length)
        return pickle.loads(content, buffers=[self._take(n) for n in lengths])

    def _take(self, length: int) -> bytearray:
        out = bytearray(length)
        view = memoryview(out)
        while view:
            count = self.end.recv_into(view)
            if not count:
                raise EOFError("the other end is gone")
            view = view[count:]
        return out

    def close(self) -> None:
        """Hang up."""
        self.end.close()
