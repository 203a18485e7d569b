"""Reads data sets of R packages without R: .rda files and the lazy-load .rdb files of installed packages.

Only what data frames and time series need: vectors, factors, lists, attributes.
"""
import bz2
import gzip
import lzma
import struct
import zlib

NULL, SYMBOL, PAIRLIST, CHARSXP, LOGICAL, INTEGER, REAL, STRING, LIST = 0, 1, 2, 9, 10, 13, 14, 16, 19
NIL_VALUE, GLOBAL, UNBOUND, MISSING, BASE, REFERENCE, ALTREP = 254, 253, 252, 251, 250, 255, 238


class Vector(list):
    """Values with the attributes of R."""

    def __init__(self, values, attributes=None):
        super().__init__(values)
        self.attributes = attributes or {}


class _Reader:
    def __init__(self, data):
        self.data, self.at, self.references = data, 0, []

    def take(self, layout):
        values = struct.unpack_from(">" + layout, self.data, self.at)
        self.at += struct.calcsize(">" + layout)
        return values

    def integer(self):
        return self.take("i")[0]

    def text(self):
        length = self.integer()
        if length < 0:
            return None
        raw = self.data[self.at : self.at + length]
        self.at += length
        return raw.decode("utf-8", "replace")

    def item(self):
        flags = self.integer()
        kind, has_attributes, has_tag = flags & 255, flags & 512, flags & 1024
        if kind in (NIL_VALUE, NULL, GLOBAL, UNBOUND, MISSING, BASE):
            return None
        if kind == REFERENCE:
            index = flags >> 8 or self.integer()
            return self.references[index - 1]
        if kind == SYMBOL:
            self.integer()
            name = self.text()
            self.references.append(name)
            return name
        if kind == PAIRLIST:
            return self.pairs(has_attributes, has_tag)
        if kind == CHARSXP:
            return self.text()
        if kind == ALTREP:
            return self.alternative()
        length = self.integer()
        if kind in (LOGICAL, INTEGER):
            values = self.take(f"{length}i")
        elif kind == REAL:
            values = self.take(f"{length}d")
        elif kind in (STRING, LIST):
            values = [self.item() for _ in range(length)]
        else:
            raise ValueError(f"an object of kind {kind} at byte {self.at} is not supported")
        return Vector(values, self.item() if has_attributes else None)

    def pairs(self, has_attributes, has_tag):
        found = {}
        while True:
            if has_attributes:
                self.item()
            name = self.item() if has_tag else str(len(found))
            found[name] = self.item()
            flags = self.integer()
            if flags & 255 != PAIRLIST:
                return found
            has_attributes, has_tag = flags & 512, flags & 1024

    def alternative(self):
        """Compact sequences, and vectors that are wrapped."""
        info, state, attributes = self.item(), self.item(), self.item()
        name = list(info.values())[0]
        if name == "compact_intseq":
            count, first, step = state
            return Vector([int(first + step * i) for i in range(int(count))], attributes)
        return list(state.values())[0] if isinstance(state, dict) else state[0]


def unserialize(data):
    if data[:2] != b"X\n":
        raise ValueError("not the binary format of R")
    reader = _Reader(data)
    reader.at = 2
    version = reader.integer()
    reader.at += 8
    if version == 3:
        reader.text()
    return reader.item()


def _unpack(raw):
    for magic, opener in ((b"\x1f\x8b", gzip), (b"BZh", bz2), (b"\xfd7zXZ", lzma)):
        if raw.startswith(magic):
            return opener.decompress(raw)
    return raw


def read_rda(path):
    """All objects of an .rda or .RData file by name."""
    with open(path, "rb") as file:
        raw = _unpack(file.read())
    if not raw.startswith(b"RDX"):
        raise ValueError(f"{path} is no file of R's save()")
    return unserialize(raw[5:])


def read_lazy(path, name):
    """One object of a lazy-load data base; `path` without its ending."""
    with open(path + ".rdx", "rb") as file:
        index = unserialize(_unpack(file.read()))
    offset, length = _place(index, name)
    with open(path + ".rdb", "rb") as file:
        file.seek(offset)
        raw = file.read(length)
    kind = raw[4:5]
    return unserialize(
        lzma.decompress(raw[5:], format=lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2}])
        if kind == b"Z"
        else bz2.decompress(raw[5:])
        if kind == b"2"
        else zlib.decompress(raw[4:])
    )


def _place(index, name):
    variables = index[index.attributes["names"].index("variables")]
    return variables[variables.attributes["names"].index(name)]


def columns_of(frame):
    """Columns of a data frame by name; factors as their labels."""
    found = {}
    for name, column in zip(frame.attributes["names"], frame):
        levels = column.attributes.get("levels")
        found[name] = [levels[code - 1] for code in column] if levels else list(column)
    return found
