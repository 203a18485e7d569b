// Frozen and hidden: the carts of validation.
export default { cart: [0.7, 1.2], pole: [0.1, 0.2], half: [0.3, 0.5], wind: [0.04, 0.1] };
