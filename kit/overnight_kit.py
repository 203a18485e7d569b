"""The kit for arenas in Python: what evaluators and candidates need again and again.

It is mounted read-only in every stage; OVERNIGHT_KIT names its folder:

    import os, sys
    sys.path.insert(0, os.environ["OVERNIGHT_KIT"])
    import overnight_kit as kit

It does what kit.mjs does; kit.d.mts says what each function promises. Standard library only.
"""
import json
import math
import os
import re
import select
import stat
import sys
import time

_environment = os.environ


# Results


def _write_whole(path, content):
    """A file appears whole or not at all."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path + ".tmp", "wb") as out:
        out.write(content if isinstance(content, (bytes, bytearray)) else str(content).encode())
    os.replace(path + ".tmp", path)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _finite_text(name, value):
    if not _is_number(value):
        raise ValueError(f"{name} is {value}: one finite number is wanted")
    return repr(value)


def result(metrics, samples=None, items=None):
    """Write the result, with the nonce of this measurement. `metrics`: numbers by name."""
    if items:
        globals()["items"](items)
    lines = [f"nonce: {_environment['OVERNIGHT_NONCE']}"]
    lines += [f"{name}: {_finite_text(name, value)}" for name, value in metrics.items()]
    if samples:
        lines.append("samples: " + " ".join(_finite_text("a sample", value) for value in samples))
    _write_whole(_environment["OVERNIGHT_RESULT"], "\n".join(lines) + "\n")


def items(rows):
    """Write items.csv beside the result: dicts with id, value and, where wanted, block and weight."""
    columns = ["id", "value"]
    # Blocks of one item each say nothing.
    if rows and "block" in rows[0] and len({row["block"] for row in rows}) < len(rows):
        columns.append("block")
    if rows and "weight" in rows[0]:
        columns.append("weight")
    seen = set()
    lines = []
    for row in rows:
        if str(row["id"]) in seen:
            raise ValueError(f"the item {row['id']} is there twice")
        seen.add(str(row["id"]))
        cells = []
        for column in columns:
            if column in ("value", "weight"):
                cells.append(_finite_text(f"{column} of item {row['id']}", row[column]))
            else:
                cell = str(row[column])
                cells.append('"' + cell.replace('"', '""') + '"' if re.search('[",]', cell) else cell)
        lines.append(",".join(cells))
    text = "\n".join([f"# nonce: {_environment['OVERNIGHT_NONCE']}", ",".join(columns)] + lines)
    _write_whole(os.path.join(os.path.dirname(_environment["OVERNIGHT_RESULT"]), "items.csv"), text + "\n")


def refuse(failure_class, message):
    """End the evaluator: the artefact or the answer is not acceptable."""
    os.write(2, f"{message}\novernight-failure: {failure_class}\n".encode())
    sys.exit(3)


# Chance


class rng:
    """Seeded chance (mulberry32); the same numbers as in kit.mjs."""

    def __init__(self, seed=None):
        self._state = int(_environment["OVERNIGHT_SEED"] if seed is None else seed) & 0xFFFFFFFF

    def uniform(self):
        self._state = state = (self._state + 0x6D2B79F5) & 0xFFFFFFFF
        mixed = ((state ^ (state >> 15)) * (state | 1)) & 0xFFFFFFFF
        mixed ^= (mixed + (mixed ^ (mixed >> 7)) * (mixed | 61)) & 0xFFFFFFFF
        return (mixed ^ (mixed >> 14)) / 4294967296

    def below(self, bound):
        return math.floor(self.uniform() * bound)

    def normal(self):
        radius = math.sqrt(-2 * math.log(1 - self.uniform()))
        return radius * math.cos(2 * math.pi * self.uniform())

    def shuffle(self, values):
        shuffled = list(values)
        for i in range(len(shuffled) - 1, 0, -1):
            j = self.below(i + 1)
            shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
        return shuffled

    def pick(self, values):
        return values[self.below(len(values))]


# Questions and answers over the pipe: a letter (J for JSON, B for bytes), the length in four bytes, the content.

_HEAD_BYTES = 5
_answers_to = 1


class _Late(Exception):
    pass


def _read_fully(count, deadline=None):
    parts = []
    while count > 0:
        if deadline is not None and not select.select([0], [], [], max(0, deadline - time.monotonic()))[0]:
            raise _Late
        part = os.read(0, min(count, 1 << 20))
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _write_fully(content, deadline=None):
    view = memoryview(content)
    while view:
        # A full pipe takes at least this much at once as soon as it is writable.
        piece = view
        if deadline is not None:
            if not select.select([], [_answers_to], [], max(0, deadline - time.monotonic()))[1]:
                raise _Late
            piece = view[: select.PIPE_BUF]
        view = view[os.write(_answers_to, piece) :]


def _frame(value):
    is_bytes = isinstance(value, (bytes, bytearray, memoryview))
    content = bytes(value) if is_bytes else json.dumps(value, allow_nan=False).encode()
    return (b"B" if is_bytes else b"J") + len(content).to_bytes(4, "little") + content


def _read_frame(max_bytes, fail, deadline=None):
    """None at the end of the stream. `fail` is called with what is wrong."""
    head = _read_fully(_HEAD_BYTES, deadline)
    if not head:
        return None
    if len(head) < _HEAD_BYTES or head[:1] not in (b"B", b"J"):
        fail("is no framed message: does the program print to standard output?")
    length = int.from_bytes(head[1:], "little")
    if length > max_bytes:
        fail(f"has {length} bytes, at most {max_bytes} are read")
    content = _read_fully(length, deadline)
    if len(content) < length:
        fail("ends in the middle")
    return head[:1] == b"B", content


def _parse_frame(frame):
    is_bytes, content = frame
    return content if is_bytes else json.loads(content)


_questions_asked = 0


def ask(question, timeout_ms=None, max_bytes=64_000_000):
    """Ask the candidate. Returns (answer, milliseconds by this process's clock)."""
    global _questions_asked
    _questions_asked += 1
    number = _questions_asked

    def fail(problem):
        refuse("data", f"the candidate's answer to question {number} {problem}")

    framed = _frame(question)
    started = time.monotonic()
    deadline = None if timeout_ms is None else started + timeout_ms / 1000
    try:
        try:
            _write_fully(framed, deadline)
        except BrokenPipeError:
            pass  # it has ended; what it left is in the pipe
        answered = _read_frame(max_bytes, fail, deadline)
    except _Late:
        os.write(2, f"the candidate gave no answer to question {number} within {timeout_ms} ms\n".encode())
        sys.exit(1)
    elapsed_ms = (time.monotonic() - started) * 1000
    if answered is None:
        os.write(2, f"the candidate stopped answering at question {number}\n".encode())
        sys.exit(1)
    try:
        return _parse_frame(answered), elapsed_ms
    except ValueError:
        fail("is not valid JSON")


def question(max_bytes=256_000_000):
    """The next question as (question,), None when there are no more."""

    def fail(problem):
        raise ValueError(f"a question {problem}")

    asked = _read_frame(max_bytes, fail)
    return None if asked is None else (_parse_frame(asked),)


def answer(value):
    _write_fully(_frame(value))


def serve(handler):
    """Answer every question by `handler` until there are no more."""
    global _answers_to
    # What the program prints would be taken for an answer.
    sys.stdout.flush()
    _answers_to = os.dup(1)
    os.dup2(2, 1)
    open(_environment["OVERNIGHT_START"], "w").close()
    while (asked := question()) is not None:
        answer(handler(asked[0]))


def predict(make_files, config=None):
    """Write the files that `make_files` returns by name into OVERNIGHT_OUT, each whole."""
    folder = _environment["OVERNIGHT_OUT"]
    open(_environment["OVERNIGHT_START"], "w").close()
    if config:
        _write_whole(os.path.join(folder, "config.txt"), "".join(f"{key}: {value}\n" for key, value in config.items()))
    for name, content in make_files().items():
        _write_whole(os.path.join(folder, name), content)


# Files


def artefact(name, max_bytes=16_000_000, as_="text"):
    """Read a file of the artefact: plain, without links, not larger than allowed. `as_`: text, json or bytes."""
    path = _environment["OVERNIGHT_ARTEFACT"]
    for part in name.split("/"):
        path = os.path.join(path, part)
        if not os.path.lexists(path):
            refuse("data", f"the artefact {name} is missing")
        if os.path.islink(path):
            refuse("data", f"the artefact {name} is a link")
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    stats = os.fstat(descriptor)
    if not stat.S_ISREG(stats.st_mode):
        refuse("data", f"the artefact {name} is no plain file")
    if stats.st_size > max_bytes:
        refuse("data", f"the artefact {name} has {stats.st_size} bytes, at most {max_bytes}")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read()
    if as_ == "bytes":
        return content
    text = content.decode("utf-8", "replace")
    if as_ == "text":
        return text
    try:
        return json.loads(text)
    except ValueError:
        refuse("data", f"the artefact {name} is not valid JSON")


def _split_csv(text, separator):
    """Cells of each line with its number. Quoted cells may hold separators and line ends."""
    records, cells, cell = [], [], ""
    line, start_line, is_quoted, was_quoted = 1, 1, False, False
    source = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if source and not source.endswith("\n"):
        source += "\n"
    i = 0
    while i < len(source):
        character = source[i]
        line += character == "\n"
        if is_quoted:
            if character != '"':
                cell += character
            elif source[i + 1 : i + 2] == '"':
                i += 1
                cell += '"'
            else:
                is_quoted = False
        elif character == '"' and cell.strip() == "":
            is_quoted, was_quoted, cell = True, True, ""
        elif character in (separator, "\n"):
            cells.append(cell if was_quoted else cell.strip())
            cell, was_quoted = "", False
            if character == "\n":
                if len(cells) > 1 or cells[0] != "":
                    records.append((cells, start_line))
                cells, start_line = [], line
        elif not was_quoted or character.strip() != "":
            cell += character
        i += 1
    return records


_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[+-]?(nan|na|null|inf(inity)?)", re.IGNORECASE)


def _read_cell(kind, cell, fail):
    if kind == "text":
        return cell if cell != "" else fail("is empty")
    if cell == "":
        fail("is empty: a number is wanted")
    if _NO_NUMBER.fullmatch(cell) or not _NUMBER.fullmatch(cell):
        hint = " (with a point, not a comma)" if re.fullmatch(r"[+-]?[0-9]+,[0-9]+", cell) else ""
        fail(f'is "{cell}": a number is wanted{hint}')
    value = float(cell)
    if not math.isfinite(value):
        fail(f'is "{cell}", which is too large for a number')
    if kind == "integer" and not value.is_integer():
        fail(f'is "{cell}": a whole number is wanted')
    return int(value) if value.is_integer() else value


_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def _check_header(header, wanted, name, separator):
    missing = [column for column in wanted if column not in header]
    doubled = [column for i, column in enumerate(header) if header.index(column) != i]
    if doubled:
        raise ValueError(f"{name} has the column {doubled[0]} twice")
    if not missing:
        return
    other = next((each for each in _SEPARATORS if each != separator and any(each in cell for cell in header)), None)
    hint = ""
    if other:
        hint = f"; it seems to be separated by {_SEPARATORS[other]}, not by {_SEPARATORS.get(separator, separator)}"
    raise ValueError(f'{name} has no column {", ".join(missing)}: its header is "{separator.join(header)}"{hint}')


def csv(text, columns, name="the table", separator=",", unique=None, ascending=None, classes=None, min_rows=1):
    """Rows of a table as dicts. `columns`: text, number or integer by name. Errors name the line."""
    records = _split_csv(text, separator)
    if not records:
        raise ValueError(f"{name} is empty")
    header, body = records[0][0], records[1:]
    _check_header(header, list(columns), name, separator)
    places = [(column, kind, header.index(column)) for column, kind in columns.items()]
    rows = []
    for cells, line in body:
        if len(cells) != len(header):
            raise ValueError(f"{name} line {line} has {len(cells)} cells, its header has {len(header)}")
        row = {}
        for column, kind, i in places:

            def fail(problem, column=column, line=line):
                raise ValueError(f"{name} line {line}: {column} {problem}")

            row[column] = _read_cell(kind, cells[i], fail)
        rows.append(row)
    if len(rows) < min_rows:
        raise ValueError(f"{name} has {len(rows)} rows, at least {min_rows} are needed")
    _check_rows(rows, [line for _, line in body], name, unique, ascending)
    if classes and len({row[classes] for row in rows}) < 2:
        raise ValueError(f"{name} has one class only: every {classes} is {rows[0][classes]}")
    return rows


def _check_rows(rows, lines, name, unique, ascending):
    first_at = {}
    for i, row in enumerate(rows):
        if unique:
            if row[unique] in first_at:
                earlier = lines[first_at[row[unique]]]
                raise ValueError(f"{name} line {lines[i]}: {unique} {row[unique]} is there already, on line {earlier}")
            first_at[row[unique]] = i
        if ascending and i > 0 and not row[ascending] > rows[i - 1][ascending]:
            before = rows[i - 1][ascending]
            raise ValueError(
                f"{name} line {lines[i]}: {ascending} {row[ascending]} does not come after {before}, the one before"
            )


# Splits


def _reader(key):
    return key if callable(key) else lambda row: row[key]


def group_split(rows, group, shares, seed=1):
    """Parts by name, of about these shares. All rows of a group are in one part."""
    groups = {}
    for row in rows:
        groups.setdefault(_reader(group)(row), []).append(row)
    parts = {name: [] for name in shares}
    for members in rng(seed).shuffle(groups.values()):
        neediest = max(parts, key=lambda name: shares[name] * len(rows) - len(parts[name]))
        parts[neediest].extend(members)
    empty = next((name for name, part in parts.items() if not part), None)
    if empty is not None:
        raise ValueError(f"the part {empty} is empty: {len(groups)} groups are too few for these shares")
    return parts


def time_split(rows, time, shares):
    """Parts by name in the order of time. Rows of one time are in one part."""
    time_of = _reader(time)
    for i in range(1, len(rows)):
        if time_of(rows[i]) < time_of(rows[i - 1]):
            raise ValueError(
                f"row {i + 1} is of {time_of(rows[i])}, before {time_of(rows[i - 1])}: sort by time"
            )
    total = sum(shares.values())
    parts, start, reached = {}, 0, 0
    for name, share in shares.items():
        reached += share
        end = math.floor(reached / total * len(rows) + 1e-9)
        while 0 < end < len(rows) and time_of(rows[end]) == time_of(rows[end - 1]):
            end += 1
        if end <= start:
            raise ValueError(f"the part {name} is empty: {len(rows)} rows are too few for these shares")
        parts[name] = rows[start:end]
        start = end
    return parts


def require_disjoint(parts, key):
    """Raise where a value of `key` is in more than one part: that leaks answers."""
    owners = {}
    for name, rows in parts.items():
        values = list(dict.fromkeys(map(_reader(key), rows)))
        for other, known in owners.items():
            shared = [value for value in values if value in known]
            if shared:
                more = ", …" if len(shared) > 3 else ""
                named = ", ".join(map(str, shared[:3]))
                raise ValueError(f"{other} and {name} share {len(shared)} of {len(values)}: {named}{more}")
        owners[name] = set(values)


# Metrics


def mean(values):
    _require_some(values, values)
    return sum(values) / len(values)


def _require_some(values, others):
    if len(values) == 0:
        raise ValueError("there is nothing to score")
    if len(values) != len(others):
        raise ValueError(f"{len(values)} predictions, but {len(others)} answers")


def _require_numbers(values, others):
    _require_some(values, others)
    for i, value in enumerate(values):
        if not _is_number(value):
            raise ValueError(f"prediction {i + 1} is {value}: one finite number is wanted")


def ndcg(ranking, relevance, k=10):
    """Normalised discounted cumulative gain of the first k ids. A repeated id counts once."""

    def sum_of(gains):
        return sum(gain / math.log2(i + 2) for i, gain in enumerate(gains[:k]))

    ideal = sum_of(sorted(relevance.values(), reverse=True))
    if not ideal > 0:
        raise ValueError("a query has no relevant document")
    return sum_of([relevance.get(id, 0) for id in dict.fromkeys(ranking)]) / ideal


def _require_both(scores, labels):
    _require_numbers(scores, labels)
    positives = sum(label == 1 for label in labels)
    if positives in (0, len(labels)):
        raise ValueError("one class only: both are needed")
    return positives


def auc(scores, labels):
    """Area under the ROC curve; equal scores count half."""
    positives = _require_both(scores, labels)
    order = sorted(range(len(scores)), key=lambda i: scores[i])
    rank_sum, start = 0, 0
    while start < len(order):
        end = start
        while end < len(order) and scores[order[end]] == scores[order[start]]:
            end += 1
        rank_sum += (start + 1 + end) / 2 * sum(labels[i] == 1 for i in order[start:end])
        start = end
    return (rank_sum - positives * (positives + 1) / 2) / (positives * (len(labels) - positives))


def log_loss(probabilities, labels, epsilon=1e-15):
    """Mean negative logarithm of what was given to the truth."""
    _require_numbers(probabilities, labels)
    bounded = [min(1 - epsilon, max(epsilon, p)) for p in probabilities]
    return mean([-math.log(p if label == 1 else 1 - p) for p, label in zip(bounded, labels)])


def poisson_deviance(predictions, counts):
    """Mean Poisson deviance of predicted counts."""
    _require_numbers(predictions, counts)
    for rate in predictions:
        if not rate > 0:
            raise ValueError(f"a predicted count is {rate}: it must be above 0")
    return mean([2 * ((y * math.log(y / mu) if y > 0 else 0) - (y - mu)) for mu, y in zip(predictions, counts)])


def mape(forecasts, actuals):
    """Mean absolute percentage error, in per cent."""
    _require_numbers(forecasts, actuals)
    if 0 in actuals:
        raise ValueError("an actual value is 0: MAPE is not defined")
    return 100 * mean([abs((forecast - y) / y) for forecast, y in zip(forecasts, actuals)])


def enrichment(scores, labels, share=0.1):
    """How many times as many positives the best `share` holds as chance would give. Ties count by expectation."""
    positives = _require_both(scores, labels)
    taken = max(1, math.floor(share * len(scores) + 0.5))
    border = sorted(scores, reverse=True)[taken - 1]
    above = [labels[i] == 1 for i in range(len(scores)) if scores[i] > border]
    tied = [labels[i] == 1 for i in range(len(scores)) if scores[i] == border]
    hits = sum(above) + (taken - len(above)) * sum(tied) / len(tied)
    return hits / taken / (positives / len(labels))


def f1(predictions, labels, positive=1):
    """F1 of one class; 0 where it is neither named nor true."""
    _require_some(predictions, labels)
    hits = sum(label == positive and given == positive for given, label in zip(predictions, labels))
    both = sum(given == positive for given in predictions) + sum(label == positive for label in labels)
    return 2 * hits / both if both else 0


def macro_f1(predictions, labels):
    """Mean F1 over the classes of the labels."""
    _require_some(predictions, labels)
    return mean([f1(predictions, labels, name) for name in dict.fromkeys(labels)])
