"""Writes a patch of one file of an arena into its examples: make-patch.py ARENA FILE NAME < a Python list of pairs."""
import ast
import pathlib
import subprocess
import sys
import tempfile

from vendor import ARENAS

arena, file, name = sys.argv[1:]
before = (ARENAS / arena / file).read_text()
after = before
for old, new in ast.literal_eval(sys.stdin.read()):
    if after.count(old) != 1:
        raise SystemExit(f"{old!r} is there {after.count(old)} times")
    after = after.replace(old, new)
with tempfile.TemporaryDirectory() as folder:
    for side, text in (("a", before), ("b", after)):
        path = pathlib.Path(folder, side, file)
        path.parent.mkdir(parents=True)
        path.write_text(text)
    command = ["git", "diff", "--no-index", "--no-color", f"a/{file}", f"b/{file}"]
    lines = subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout.split("\n")
patch = "\n".join(line for line in lines if not line.startswith("index "))
(ARENAS / arena / "examples").mkdir(exist_ok=True)
(ARENAS / arena / "examples" / name).write_text(patch.replace("a/a/", "a/").replace("b/b/", "b/"))
