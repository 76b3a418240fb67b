"""Register tiles: the inner loops of convolution, written in LLVM IR.

Each is a small matrix product whose result stays in registers, with one operand read through a
table of offsets, so that no patch of an image is ever copied:

    spread   out[p, :] = first[p] + sum over taps k of a[k, p] * b[offset[k] : offset[k] + width]
    reduce   out[p, q, :] += sum over i of a[p, i : i + lanes] * b[offset[q] + i : ... + lanes]

The size of a tile must be known when it is compiled, so it travels in the types: `rows`, `vectors`
and `lanes` are tuples, and only their lengths count.

Every tile is an internal function that is never inlined: inlined into a larger one, LLVM spills the
accumulators.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

I8, I32, I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)


class Writer:
    """Writes one tile: an internal function, and the instructions that tiles are made of."""

    def __init__(self, module: ir.Module, name: str, scalar: ir.Type, lanes: int, kinds: str):
        pointer = {"p": scalar.as_pointer(), "o": I64.as_pointer(), "i": I64, "b": I8.as_pointer()}
        signature = ir.FunctionType(ir.VoidType(), [pointer[k] for k in kinds])
        self.function = ir.Function(module, signature, name)
        self.function.linkage = "internal"
        self.function.attributes.add("noinline")
        self.blocks = [self.function.append_basic_block(b) for b in ("entry", "loop", "done")]
        self.builder = ir.IRBuilder(self.blocks[0])
        self.lanes = lanes
        self.vector = ir.VectorType(scalar, lanes)
        self.module = module
        self.suffix = suffix = "f32" if isinstance(scalar, ir.FloatType) else "f64"
        self.bytes = 4 if suffix == "f32" else 8
        fma = ir.FunctionType(self.vector, [self.vector] * 3)
        self.fma_function = cgutils.get_or_insert_function(
            module, fma, f"llvm.fma.v{lanes}{suffix}"
        )
        self.zero = ir.Constant(self.vector, [0.0] * lanes)

    def index(self, value: int) -> ir.Constant:
        return ir.Constant(I64, value)

    def at(self, pointer: ir.Value, index: Any) -> ir.Value:
        return self.builder.gep(pointer, [self.index(index) if isinstance(index, int) else index])

    def load(self, pointer: ir.Value) -> ir.Value:
        cast = self.builder.bitcast(pointer, self.vector.as_pointer())
        return self.builder.load(cast, align=self.bytes)

    def store(self, value: ir.Value, pointer: ir.Value) -> None:
        cast = self.builder.bitcast(pointer, self.vector.as_pointer())
        self.builder.store(value, cast, align=self.bytes)

    def first_bits(self, count: ir.Value) -> ir.Value:
        """A mask of the first `count` lanes; none if it is negative, all if it is large."""
        b = self.builder
        most = self.index(self.lanes)
        count = b.select(b.icmp_signed("<", count, most), count, most)
        count = b.select(b.icmp_signed(">", count, self.index(0)), count, self.index(0))
        return b.sub(b.shl(self.index(1), count), self.index(1))

    def _bits(self, mask: ir.Value) -> ir.Value:
        bits = ir.VectorType(ir.IntType(1), self.lanes)
        return self.builder.bitcast(self.builder.trunc(mask, ir.IntType(self.lanes)), bits)

    def _masked(self, kind: str, vector: ir.Type, name: str) -> ir.Value:
        bits = ir.VectorType(ir.IntType(1), self.lanes)
        arguments = [vector.as_pointer(), I32, bits]
        if kind == "load":
            signature = ir.FunctionType(vector, [*arguments, vector])
        else:
            signature = ir.FunctionType(ir.VoidType(), [vector, *arguments])
        full = f"llvm.masked.{kind}.v{self.lanes}{name}.p0"
        return cgutils.get_or_insert_function(self.module, signature, full)

    def store_some(self, value: ir.Value, pointer: ir.Value, mask: ir.Value) -> None:
        """Store the lanes whose bit is set in an integer mask."""
        cast = self.builder.bitcast(pointer, self.vector.as_pointer())
        function = self._masked("store", self.vector, self.suffix)
        aligned = ir.Constant(I32, self.bytes)
        self.builder.call(function, [value, cast, aligned, self._bits(mask)])

    def load_some(self, pointer: ir.Value, mask: ir.Value) -> ir.Value:
        """Load the lanes whose bit is set in an integer mask; 0 for the others."""
        cast = self.builder.bitcast(pointer, self.vector.as_pointer())
        function = self._masked("load", self.vector, self.suffix)
        aligned = ir.Constant(I32, self.bytes)
        return self.builder.call(function, [cast, aligned, self._bits(mask), self.zero])

    def masks(self, step: int, count: ir.Value) -> list[ir.Value]:
        """Those by which `load_every` reads `count` elements and nothing behind the last."""
        if step == 1:
            return [self.first_bits(count)]
        b = self.builder
        reach = b.sub(b.mul(count, self.index(2)), self.index(1))
        return [self.first_bits(b.sub(reach, self.index(k * self.lanes))) for k in range(2)]

    def load_every(self, pointer: ir.Value, masks: list[ir.Value]) -> ir.Value:
        """Load elements, each of them or each second one; `masks` as above."""
        parts = [
            self.load_some(self.at(pointer, k * self.lanes), mask) for k, mask in enumerate(masks)
        ]
        if len(parts) == 1:
            return parts[0]
        even = ir.Constant(ir.VectorType(I32, self.lanes), list(range(0, 2 * self.lanes, 2)))
        return self.builder.shuffle_vector(*parts, even)

    def store_bytes(self, value: ir.Value, pointer: ir.Value, mask: ir.Value) -> None:
        """Store a truth value for each lane whose bit is set, as bytes 0 and 1."""
        vector = ir.VectorType(I8, self.lanes)
        cast = self.builder.bitcast(pointer, vector.as_pointer())
        function = self._masked("store", vector, "i8")
        wide = self.builder.zext(value, vector)
        self.builder.call(function, [wide, cast, ir.Constant(I32, 1), self._bits(mask)])

    def load_bytes(self, pointer: ir.Value, mask: ir.Value) -> ir.Value:
        """Load a byte for each lane whose bit is set; 0 for the others."""
        vector = ir.VectorType(I8, self.lanes)
        cast = self.builder.bitcast(pointer, vector.as_pointer())
        none = ir.Constant(vector, [0] * self.lanes)
        arguments = [cast, ir.Constant(I32, 1), self._bits(mask), none]
        return self.builder.call(self._masked("load", vector, "i8"), arguments)

    def straight(self) -> None:
        """End a tile that has no loop."""
        self.builder.branch(self.blocks[1])
        self.builder.position_at_end(self.blocks[1])
        self.builder.branch(self.blocks[2])
        self.builder.position_at_end(self.blocks[2])

    def broadcast(self, pointer: ir.Value) -> ir.Value:
        undefined = ir.Constant(self.vector, ir.Undefined)
        one = self.builder.load(pointer)
        first = self.builder.insert_element(undefined, one, ir.Constant(I32, 0))
        everywhere = ir.Constant(ir.VectorType(I32, self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(first, undefined, everywhere)

    def loop(self, count: ir.Value, step: int, start: Sequence[ir.Value], body: Any) -> list:
        """for k in range(0, count, step): acc = body(k, acc). Gives acc, `start` at first."""
        b = self.builder
        entry, loop, done = self.blocks
        zero = self.index(0)
        b.cbranch(b.icmp_signed(">", count, zero), loop, done)
        b.position_at_end(loop)
        k = b.phi(I64)
        acc = [b.phi(self.vector) for _ in start]
        new = body(k, acc)
        following = b.add(k, self.index(step))
        b.cbranch(b.icmp_signed("<", following, count), loop, done)
        k.add_incoming(zero, entry)
        k.add_incoming(following, loop)
        b.position_at_end(done)
        out = []
        for phi, first, last in zip(acc, start, new):
            phi.add_incoming(first, entry)
            phi.add_incoming(last, loop)
            total = b.phi(self.vector)
            total.add_incoming(first, entry)
            total.add_incoming(last, loop)
            out.append(total)
        return out

    def fma(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        return self.builder.call(self.fma_function, [a, b, c])

    def unary(self, name: str, x: ir.Value) -> ir.Value:
        """An intrinsic function of LLVM, lane by lane."""
        kind = ir.FunctionType(self.vector, [self.vector])
        full = f"llvm.{name}.v{self.lanes}f{8 * self.bytes}"
        return self.builder.call(cgutils.get_or_insert_function(self.module, kind, full), [x])


def tile(name: str, sizes: tuple[Any, ...], element: Any, kinds: str, write: Any) -> Any:
    """Signature and code of a tile; `sizes` are tuple types, the lengths of which are its size."""
    numbers = [len(s) for s in sizes]
    pointer = {
        "p": types.CPointer(element), "o": types.CPointer(types.int64), "i": types.int64,
        "b": types.CPointer(types.uint8),
    }  # fmt: skip
    signature = types.void(*sizes, *[pointer[k] for k in kinds])

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        module = builder.module
        full = "_".join(["tile", name, str(element), *map(str, numbers)])
        if full not in module.globals:
            writer = Writer(module, full, context.get_value_type(element), numbers[-1], kinds)
            write(writer, *numbers[:-1])
            writer.builder.ret_void()
        builder.call(module.globals[full], arguments[len(sizes) :])
        return context.get_dummy_value()

    return signature, codegen


def _write_spread(t: Writer, rows: int, vectors: int) -> None:
    a, b, offset, count, first, place, out, pitch = t.function.args
    places = [[t.builder.load(t.at(place, 3 * v + i)) for i in range(3)] for v in range(vectors)]
    sources = [t.at(b, source) for source, _, _ in places]
    start = [v for p in range(rows) for v in [t.broadcast(t.at(first, p))] * vectors]

    def body(k: ir.Value, acc: list) -> list:
        shift = t.builder.load(t.at(offset, k))
        right = [t.load(t.at(source, shift)) for source in sources]
        row = t.at(a, t.builder.mul(k, t.index(rows)))
        new = []
        for p in range(rows):
            left = t.broadcast(t.at(row, p))
            new += [t.fma(left, right[v], acc[p * vectors + v]) for v in range(vectors)]
        return new

    total = t.loop(count, 1, start, body)
    for p in range(rows):
        row = t.at(out, t.builder.mul(pitch, t.index(p)))
        for v, (_, target, mask) in enumerate(places):
            t.store_some(total[p * vectors + v], t.at(row, target), mask)


@intrinsic
def spread(typingctx, rows, vectors, lanes, a, b, offset, count, first, place, out, pitch):
    """out[p, target + i] = first[p] + sum over k < count of a[k, p] * b[source + offset[k] + i].

    a is packed (count, rows). `place` holds (source, target, mask) for each vector: lane i is
    stored where bit i of the mask is set. `pitch` is from one row of out to the next.
    """
    return tile("spread", (rows, vectors, lanes), a.dtype, "ppoipopi", _write_spread)


def _write_gather(t: Writer, step: int, add: int, rows: int, vectors: int) -> None:
    a, offset, b, count, first, out = t.function.args

    def body(k: ir.Value, acc: list) -> list:
        base = t.at(a, t.builder.load(t.at(offset, k)))
        row = t.at(b, t.builder.mul(k, t.index(vectors * t.lanes)))
        right = [t.load(t.at(row, v * t.lanes)) for v in range(vectors)]
        new = []
        for p in range(rows):
            left = t.broadcast(t.at(base, p * step))
            new += [t.fma(left, right[v], acc[p * vectors + v]) for v in range(vectors)]
        return new

    if add:
        start = [t.load(t.at(out, n * t.lanes)) for n in range(rows * vectors)]
    else:
        start = [t.load(t.at(first, v * t.lanes)) for v in range(vectors)] * rows
    for n, value in enumerate(t.loop(count, 1, start, body)):
        t.store(value, t.at(out, n * t.lanes))


@intrinsic
def gather(typingctx, step, add, rows, vectors, lanes, a, offset, b, count, first, out):
    """out[p, :] = first + sum over k < count of a[offset[k] + p * step] * b[k, :].

    b is packed (count, width). With `add` not empty, out itself comes in the place of first.
    """
    return tile("gather", (step, add, rows, vectors, lanes), a.dtype, "popipp", _write_gather)


def _write_reduce(t: Writer, rows: int, columns: int) -> None:
    a, pitch, b, offset, place, count, out = t.function.args
    left_rows = [t.at(a, t.builder.mul(pitch, t.index(p))) for p in range(rows)]
    right_rows = [t.at(b, t.builder.load(t.at(offset, q))) for q in range(columns)]

    def body(i: ir.Value, acc: list) -> list:
        source, target, mask = (t.builder.load(t.at(t.at(place, i), j)) for j in range(3))
        left = [t.load_some(t.at(row, target), mask) for row in left_rows]
        new = list(acc)
        for q in range(columns):
            right = t.load(t.at(right_rows[q], source))
            for p in range(rows):
                new[p * columns + q] = t.fma(left[p], right, acc[p * columns + q])
        return new

    start = [t.load(t.at(out, n * t.lanes)) for n in range(rows * columns)]
    for n, value in enumerate(t.loop(count, 3, start, body)):
        t.store(value, t.at(out, n * t.lanes))


@intrinsic
def reduce(typingctx, rows, columns, lanes, a, pitch, b, offset, place, count, out):
    """out[p, q, :] += sum over places of a[p, target:] * b[offset[q] + source:].

    A place is (source, target, mask). Each product is of `lanes` elements, those of a counting as 0
    where the mask is not set. `pitch` is from one row of a to the next, `count` is 3 for each
    place. The caller sums the lanes.
    """
    return tile("reduce", (rows, columns, lanes), a.dtype, "pipooip", _write_reduce)


@intrinsic
def pointer(typingctx, array, index):
    """&array[index] of a contiguous one-dimensional array."""
    signature = types.CPointer(array.dtype)(array, types.int64)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.gep(data, [arguments[1]])

    return signature, codegen


@intrinsic
def get(typingctx, array, index):
    """array[index] of a contiguous one-dimensional array; negative indices do not wrap around."""
    signature = array.dtype(array, types.int64)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.load(builder.gep(data, [arguments[1]]))

    return signature, codegen


@intrinsic
def put(typingctx, array, index, value):
    """array[index] = value, for a contiguous one-dimensional array."""
    signature = types.void(array, types.int64, array.dtype)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        builder.store(arguments[2], builder.gep(data, [arguments[1]]))
        return context.get_dummy_value()

    return signature, codegen
