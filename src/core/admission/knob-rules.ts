/**
 * One comparison of arithmetic over named numbers, as a person writes it in a manifest: `WIDTH % HEAD_DIM == 0`, `ROWS
 * * 256 <= BATCH_TOKENS`. A parser for exactly that: + - * / % **, parentheses, one comparison, words in quotes.
 * Nothing is evaluated as code.
 */

export type NamedValues = Readonly<Record<string, number | string>>;

export interface Comparison {
  /** Names it uses, each once. */
  readonly names: readonly string[];
  /** False also where a name has no value or the arithmetic gives no number. */
  holds(values: NamedValues): boolean;
}

type Evaluate = (values: NamedValues) => number | string | undefined;

const TOKEN =
  /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|'([^']*)'|"([^"]*)"|(\*\*|[<>=!]=|[-+*/%()<>]))/y;
const LEVELS: readonly (readonly string[])[] = [
  ['+', '-'],
  ['*', '/', '%'],
];

/** The comparison, or what is wrong with the text in words. */
export function parseComparison(text: string): Comparison | { readonly problem: string } {
  try {
    return new ComparisonParser(text).comparison();
  } catch (thrown) {
    if (thrown instanceof RangeError) return { problem: thrown.message };
    throw thrown;
  }
}

class ComparisonParser {
  readonly #tokens: { readonly kind: 'number' | 'name' | 'word' | 'sign'; readonly text: string }[] = [];
  readonly #names = new Set<string>();
  #at = 0;

  constructor(text: string) {
    let from = 0;
    while (text.slice(from).trim() !== '') {
      TOKEN.lastIndex = from;
      const found = TOKEN.exec(text);
      if (!found) throw new RangeError(`"${text.slice(from).trim()[0]}" cannot be read`);
      const [, number, name, single, double, sign] = found;
      const word = single ?? double;
      if (number !== undefined) this.#tokens.push({ kind: 'number', text: number });
      else if (name !== undefined) this.#tokens.push({ kind: 'name', text: name });
      else if (word !== undefined) this.#tokens.push({ kind: 'word', text: word });
      else this.#tokens.push({ kind: 'sign', text: sign! });
      from = TOKEN.lastIndex;
    }
  }

  comparison(): Comparison {
    const left = this.#level(0);
    const sign = this.#next('a comparison');
    const compare = COMPARE[sign.kind === 'sign' ? sign.text : ''];
    if (!compare) throw new RangeError(`"${sign.text}" stands where one of ${Object.keys(COMPARE).join(' ')} must`);
    const right = this.#level(0);
    const rest = this.#tokens[this.#at];
    if (rest) throw new RangeError(`"${rest.text}" is left over`);
    const holds = (values: NamedValues): boolean => {
      const [a, b] = [left(values), right(values)];
      return a !== undefined && b !== undefined && compare(a, b);
    };
    return { names: [...this.#names], holds };
  }

  #level(depth: number): Evaluate {
    const signs = LEVELS[depth];
    if (!signs) return this.#power();
    let left = this.#level(depth + 1);
    while (this.#takes(signs)) {
      const sign = this.#tokens[this.#at - 1]!.text;
      left = arithmetic(sign, left, this.#level(depth + 1));
    }
    return left;
  }

  #power(): Evaluate {
    if (this.#takes(['-'])) return arithmetic('-', () => 0, this.#power());
    const base = this.#atom();
    return this.#takes(['**']) ? arithmetic('**', base, this.#power()) : base;
  }

  #atom(): Evaluate {
    const token = this.#next('a name or a number');
    switch (token.kind) {
      case 'number':
        return () => Number(token.text);
      case 'word':
        return () => token.text;
      case 'name':
        this.#names.add(token.text);
        return (values) => values[token.text];
      case 'sign': {
        if (token.text !== '(') throw new RangeError(`"${token.text}" stands where a name or a number must`);
        const inner = this.#level(0);
        if (!this.#takes([')'])) throw new RangeError('a parenthesis is not closed');
        return inner;
      }
      default:
        return token.kind satisfies never;
    }
  }

  #takes(signs: readonly string[]): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'sign' || !signs.includes(token.text)) return false;
    this.#at++;
    return true;
  }

  #next(what: string): { readonly kind: 'number' | 'name' | 'word' | 'sign'; readonly text: string } {
    const token = this.#tokens[this.#at++];
    if (!token) throw new RangeError(`it ends where ${what} must stand`);
    return token;
  }
}

const COMPARE: Readonly<Record<string, (a: number | string, b: number | string) => boolean>> = {
  '==': (a, b) => (typeof a === 'number' && typeof b === 'number' ? near(a, b) : a === b),
  '!=': (a, b) => (typeof a === 'number' && typeof b === 'number' ? !near(a, b) : a !== b),
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** Equal but for rounding in the arithmetic. */
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(a), Math.abs(b));

const OPERATE: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '**': (a, b) => a ** b,
};

function arithmetic(sign: string, left: Evaluate, right: Evaluate): Evaluate {
  const operate = OPERATE[sign]!;
  return (values) => {
    const [a, b] = [left(values), right(values)];
    if (typeof a !== 'number' || typeof b !== 'number') return undefined;
    const result = operate(a, b);
    return Number.isFinite(result) ? result : undefined;
  };
}
