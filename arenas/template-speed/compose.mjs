/**
 * Frozen and hidden: makes shops and templates from a seed. No template is sent twice: names of variables, words and
 * numbers are drawn anew for each, so that a table of earlier answers is worth nothing.
 */

const WORDS =
  'red blue wool cotton summer winter classic slim jacket shirt boot hat scarf organic linen vintage café <b>&amp;</b> “new”'.split(
    ' ',
  );

/** What a template is rendered with. */
export function makeShop(chance) {
  const words = (count) => Array.from({ length: count }, () => chance.pick(WORDS)).join(' ');
  const list = (count, make) => Array.from({ length: count }, (_, i) => make(i));
  const product = (id) => ({
    id,
    title: `${words(2)} <${id}>`,
    vendor: words(1),
    price: chance.below(20000),
    compare_at_price: chance.below(3) === 0 ? chance.below(30000) : 0,
    available: chance.below(4) > 0,
    tags: list(1 + chance.below(5), () => words(1)),
    description: words(20 + chance.below(40)),
    images: list(chance.below(4), (i) => ({ src: `/i/${id}-${i}.jpg`, alt: words(1) })),
    variants: list(1 + chance.below(5), (i) => ({
      id: i,
      title: words(1),
      price: chance.below(20000),
      sku: `S${chance.below(1e6)}`,
      stock: chance.below(30),
    })),
  });
  const products = list(24, product);
  return {
    shop: { name: 'Acme & Sons', currency: 'EUR', 'open-days': [1, 2, 3, 4, 5] },
    products,
    cart: { count: 5, items: list(5, () => ({ quantity: 1 + chance.below(4), product: chance.pick(products) })) },
    customer: {
      name: words(1),
      orders: list(8, (i) => ({ number: 1000 + i, total: chance.below(90000), paid: i % 3 > 0 })),
    },
    posts: list(6, (i) => ({
      title: words(3),
      body: words(80),
      day: `2024-0${1 + (i % 9)}-1${i}`,
      tags: list(3, () => words(1)),
    })),
    page: 1 + chance.below(9),
    nothing: null,
  };
}

const ENGINE_OPTIONS = [{}, {}, {}, { strictVariables: true }, { jsTruthy: true }, { outputEscape: 'escape' }];

/** A template of a few fragments of these families. `$a` to `$d` become names, `$1` to `$9` numbers, `$w` words. */
export function makeQuestion(fragments, shops, chance) {
  const names = Object.fromEntries([...'abcd'].map((letter) => [letter, `${letter}${chance.below(1e6).toString(36)}`]));
  const fill = (fragment) =>
    fragment
      .replace(/\$([a-d])/g, (_, letter) => names[letter])
      .replace(/\$(\d)/g, (_, digit) => String(Number(digit) + chance.below(9)))
      .replace(/\$w/g, () => chance.pick(WORDS).replace(/[<>&;“”]/g, '') + chance.below(1000));
  const template = Array.from({ length: 3 + chance.below(4) }, () => fill(chance.pick(fragments))).join('\n');
  return {
    template,
    shop: chance.below(shops.length),
    options: chance.pick(ENGINE_OPTIONS),
    isAsync: chance.below(4) === 0,
  };
}
