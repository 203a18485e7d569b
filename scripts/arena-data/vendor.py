"""Writes a compressed file into the data folder of an arena, with its hash beside it. The same text, the same bytes."""
import gzip
import hashlib
import pathlib

ARENAS = pathlib.Path(__file__).resolve().parents[2] / "arenas"


def write_vendored(arena, name, text):
    folder = ARENAS / arena / "data"
    folder.mkdir(parents=True, exist_ok=True)
    content = gzip.compress(text.encode(), 9, mtime=0)
    (folder / name).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    (folder / f"{name}.sha256").write_text(f"{digest}  {name}\n")
    print(f"{arena}/data/{name}: {len(content)} bytes, sha256 {digest}")
