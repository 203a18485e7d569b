// Frozen: what a template is rendered with. In the asynchronous interface some values are only promised, as those that
// come from a database are.

export const contextFor = (shop, isAsync) =>
  isAsync
    ? { ...shop, products: () => Promise.resolve(shop.products), customer: Promise.resolve(shop.customer) }
    : { ...shop };
