/** Tables of the kit: seeded chance, CSV with clear errors, splits that leak nothing. */

/** Uniform numbers in [0, 1) by mulberry32; everything else follows from them. */
export function rng(seed = Number(process.env.OVERNIGHT_SEED)) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (bound) => Math.floor(uniform() * bound);
  const shuffle = (values) => {
    const shuffled = [...values];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
    }
    return shuffled;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, below, normal, shuffle, pick: (values) => values[below(values.length)] };
}

/** Cells of each line of the text with the number of its line. Quoted cells may hold separators and line ends. */
function splitCsv(text, separator) {
  const records = [];
  let [cells, cell, line, startLine, isQuoted, wasQuoted] = [[], '', 1, 1, false, false];
  const endCell = () => {
    cells.push(wasQuoted ? cell : cell.trim());
    [cell, wasQuoted] = ['', false];
  };
  const endRecord = () => {
    endCell();
    if (cells.length > 1 || cells[0] !== '') records.push({ cells, line: startLine });
    [cells, startLine] = [[], line];
  };
  const source = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  for (let i = 0; i < source.length; i++) {
    const character = source[i];
    if (character === '\n') line++;
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (source[i + 1] === '"') cell += source[++i];
      else isQuoted = false;
    } else if (character === '"' && cell.trim() === '') [isQuoted, wasQuoted, cell] = [true, true, ''];
    else if (character === separator) endCell();
    else if (character === '\n') endRecord();
    else if (!wasQuoted || character.trim() !== '') cell += character;
  }
  if (cell !== '' || cells.length > 0) endRecord();
  return records;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

function readCell(kind, cell, fail) {
  if (kind === 'text') return cell === '' ? fail('is empty') : cell;
  if (cell === '') return fail('is empty: a number is wanted');
  if (/^[+-]?(nan|na|null|inf(inity)?)$/i.test(cell) || !NUMBER.test(cell))
    return fail(`is "${cell}": a number is wanted${/^[+-]?\d+,\d+$/.test(cell) ? ' (with a point, not a comma)' : ''}`);
  if (!Number.isFinite(Number(cell))) return fail(`is "${cell}", which is too large for a number`);
  if (kind === 'integer' && !Number.isInteger(Number(cell))) return fail(`is "${cell}": a whole number is wanted`);
  return Number(cell);
}

function checkHeader(header, wanted, name, separator) {
  const missing = wanted.filter((column) => !header.includes(column));
  const doubled = header.filter((column, i) => header.indexOf(column) !== i);
  if (doubled.length > 0) throw new Error(`${name} has the column ${doubled[0]} twice`);
  if (missing.length === 0) return;
  const other = [',', ';', '\t', '|'].find((each) => each !== separator && header.some((cell) => cell.includes(each)));
  const names = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'vertical bars' };
  const hint = other ? `; it seems to be separated by ${names[other]}, not by ${names[separator] ?? separator}` : '';
  throw new Error(`${name} has no column ${missing.join(', ')}: its header is "${header.join(separator)}"${hint}`);
}

export function csv(text, { columns, name = 'the table', separator = ',', unique, ascending, classes, minRows = 1 }) {
  const [header, ...body] = splitCsv(text, separator);
  if (!header) throw new Error(`${name} is empty`);
  checkHeader(header.cells, Object.keys(columns), name, separator);
  const kinds = Object.entries(columns).map(([column, kind]) => [column, kind, header.cells.indexOf(column)]);
  const rows = body.map(({ cells, line }) => {
    if (cells.length !== header.cells.length)
      throw new Error(`${name} line ${line} has ${cells.length} cells, its header has ${header.cells.length}`);
    const failFor = (column) => (problem) => {
      throw new Error(`${name} line ${line}: ${column} ${problem}`);
    };
    return Object.fromEntries(kinds.map(([column, kind, i]) => [column, readCell(kind, cells[i], failFor(column))]));
  });
  const lineOf = (i) => `line ${body[i].line}`;
  if (rows.length < minRows) throw new Error(`${name} has ${rows.length} rows, at least ${minRows} are needed`);
  const firstAt = new Map();
  for (const [i, row] of rows.entries()) {
    if (unique && firstAt.has(row[unique]))
      throw new Error(
        `${name} ${lineOf(i)}: ${unique} ${row[unique]} is there already, on ${lineOf(firstAt.get(row[unique]))}`,
      );
    if (unique) firstAt.set(row[unique], i);
    if (ascending && i > 0 && !(row[ascending] > rows[i - 1][ascending]))
      throw new Error(
        `${name} ${lineOf(i)}: ${ascending} ${row[ascending]} does not come after ${rows[i - 1][ascending]}, the one before`,
      );
  }
  if (classes && new Set(rows.map((row) => row[classes])).size < 2)
    throw new Error(`${name} has one class only: every ${classes} is ${rows[0][classes]}`);
  return rows;
}

// Splits

const reader = (key) => (typeof key === 'function' ? key : (row) => row[key]);

export function groupSplit(rows, group, shares, seed = 1) {
  const groups = new Map();
  for (const row of rows) {
    const name = reader(group)(row);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(row);
  }
  const names = Object.keys(shares);
  const parts = Object.fromEntries(names.map((name) => [name, []]));
  for (const members of rng(seed).shuffle([...groups.values()])) {
    const lack = (name) => shares[name] * rows.length - parts[name].length;
    const neediest = names.reduce((best, name) => (lack(name) > lack(best) ? name : best));
    parts[neediest].push(...members);
  }
  const empty = names.find((name) => parts[name].length === 0);
  if (empty) throw new Error(`the part ${empty} is empty: ${groups.size} groups are too few for these shares`);
  return parts;
}

export function timeSplit(rows, time, shares) {
  const timeOf = reader(time);
  const late = rows.findIndex((row, i) => i > 0 && timeOf(row) < timeOf(rows[i - 1]));
  if (late > 0)
    throw new Error(`row ${late + 1} is of ${timeOf(rows[late])}, before ${timeOf(rows[late - 1])}: sort by time`);
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  let [from, sum] = [0, 0];
  return Object.fromEntries(
    Object.entries(shares).map(([name, share]) => {
      sum += share;
      let to = Math.floor((sum / total) * rows.length + 1e-9);
      while (to > 0 && to < rows.length && timeOf(rows[to]) === timeOf(rows[to - 1])) to++;
      const part = rows.slice(from, to);
      if (part.length === 0)
        throw new Error(`the part ${name} is empty: ${rows.length} rows are too few for these shares`);
      from = to;
      return [name, part];
    }),
  );
}

export function requireDisjoint(parts, key) {
  const owners = new Map();
  for (const [name, rows] of Object.entries(parts)) {
    const values = new Set(rows.map(reader(key)));
    for (const [other, known] of owners) {
      const shared = [...values].filter((value) => known.has(value));
      if (shared.length > 0)
        throw new Error(
          `${other} and ${name} share ${shared.length} of ${values.size}: ${shared.slice(0, 3).join(', ')}${shared.length > 3 ? ', …' : ''}`,
        );
    }
    owners.set(name, values);
  }
}
