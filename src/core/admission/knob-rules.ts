/**
 * One comparison of arithmetic over named numbers, as a person writes it in a manifest: `WIDTH % HEAD_DIM == 0`, `ROWS
 * * 256 <= BATCH_TOKENS`. A parser for exactly that: + - * / % **, parentheses, one comparison, words in quotes.
 * Nothing is evaluated as code.
 */

export type NamedValues = Readonly<Record<string, number | string>>;

export interface KnobComparison {
  /** Names it uses, each once. */
  readonly names: readonly string[];
  /** False also where a name has no value or the arithmetic gives no number. */
  holds(namedValues: NamedValues): boolean;
}

type Evaluate = (namedValues: NamedValues) => number | string | undefined;

const TOKEN =
  /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|'([^']*)'|"([^"]*)"|(\*\*|[<>=!]=|[-+*/%()<>]))/y;
const LEVELS: readonly (readonly string[])[] = [
  ['+', '-'],
  ['*', '/', '%'],
];

/** The comparison, or what is wrong with the text in words. */
export function parseComparison(source: string): KnobComparison | { readonly problem: string } {
  try {
    return new ComparisonParser(source).readComparison();
  } catch (thrown) {
    if (thrown instanceof RangeError) return { problem: thrown.message };
    throw thrown;
  }
}

class ComparisonParser {
  readonly #tokens: { readonly kind: 'number' | 'name' | 'word' | 'sign'; readonly text: string }[] = [];
  readonly #names = new Set<string>();
  #position = 0;

  constructor(source: string) {
    let offset = 0;
    while (source.slice(offset).trim() !== '') {
      TOKEN.lastIndex = offset;
      const match = TOKEN.exec(source);
      if (!match) throw new RangeError(`"${source.slice(offset).trim()[0]}" cannot be read`);
      const [, number, name, single, double, sign] = match;
      const word = single ?? double;
      if (number !== undefined) this.#tokens.push({ kind: 'number', text: number });
      else if (name !== undefined) this.#tokens.push({ kind: 'name', text: name });
      else if (word !== undefined) this.#tokens.push({ kind: 'word', text: word });
      else this.#tokens.push({ kind: 'sign', text: sign! });
      offset = TOKEN.lastIndex;
    }
  }

  readComparison(): KnobComparison {
    const left = this.#readLevel(0);
    const sign = this.#nextToken('a comparison');
    const comparator = COMPARATORS[sign.kind === 'sign' ? sign.text : ''];
    if (!comparator)
      throw new RangeError(`"${sign.text}" stands where one of ${Object.keys(COMPARATORS).join(' ')} must`);
    const right = this.#readLevel(0);
    const leftover = this.#tokens[this.#position];
    if (leftover) throw new RangeError(`"${leftover.text}" is left over`);
    const isSatisfiedBy = (namedValues: NamedValues): boolean => {
      const [leftValue, rightValue] = [left(namedValues), right(namedValues)];
      return leftValue !== undefined && rightValue !== undefined && comparator(leftValue, rightValue);
    };
    return { names: [...this.#names], holds: isSatisfiedBy };
  }

  #readLevel(depth: number): Evaluate {
    const signs = LEVELS[depth];
    if (!signs) return this.#readPower();
    let left = this.#readLevel(depth + 1);
    while (this.#takeSign(signs)) {
      const sign = this.#tokens[this.#position - 1]!.text;
      left = applyOperator(sign, left, this.#readLevel(depth + 1));
    }
    return left;
  }

  #readPower(): Evaluate {
    if (this.#takeSign(['-'])) return applyOperator('-', () => 0, this.#readPower());
    const base = this.#readAtom();
    return this.#takeSign(['**']) ? applyOperator('**', base, this.#readPower()) : base;
  }

  #readAtom(): Evaluate {
    const token = this.#nextToken('a name or a number');
    switch (token.kind) {
      case 'number':
        return () => Number(token.text);
      case 'word':
        return () => token.text;
      case 'name':
        this.#names.add(token.text);
        return (namedValues) => namedValues[token.text];
      case 'sign': {
        if (token.text !== '(') throw new RangeError(`"${token.text}" stands where a name or a number must`);
        const inner = this.#readLevel(0);
        if (!this.#takeSign([')'])) throw new RangeError('a parenthesis is not closed');
        return inner;
      }
      default:
        return token.kind satisfies never;
    }
  }

  #takeSign(signs: readonly string[]): boolean {
    const token = this.#tokens[this.#position];
    if (token?.kind !== 'sign' || !signs.includes(token.text)) return false;
    this.#position++;
    return true;
  }

  #nextToken(expectation: string): { readonly kind: 'number' | 'name' | 'word' | 'sign'; readonly text: string } {
    const token = this.#tokens[this.#position++];
    if (!token) throw new RangeError(`it ends where ${expectation} must stand`);
    return token;
  }
}

const COMPARATORS: Readonly<Record<string, (left: number | string, right: number | string) => boolean>> = {
  '==': (left, right) =>
    typeof left === 'number' && typeof right === 'number' ? isNearlyEqual(left, right) : left === right,
  '!=': (left, right) =>
    typeof left === 'number' && typeof right === 'number' ? !isNearlyEqual(left, right) : left !== right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (a, b) => a >= b,
};

/** Equal but for rounding in the arithmetic. */
const isNearlyEqual = (left: number, right: number): boolean =>
  Math.abs(left - right) <= 1e-12 * Math.max(1, Math.abs(left), Math.abs(right));

const OPERATORS: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '**': (a, b) => a ** b,
};

function applyOperator(sign: string, left: Evaluate, right: Evaluate): Evaluate {
  const operator = OPERATORS[sign]!;
  return (namedValues) => {
    const [leftOperand, rightOperand] = [left(namedValues), right(namedValues)];
    if (typeof leftOperand !== 'number' || typeof rightOperand !== 'number') return undefined;
    const result = operator(leftOperand, rightOperand);
    return Number.isFinite(result) ? result : undefined;
  };
}
