// Frozen and hidden, seen by the holdout alone: heavier carts, other poles, more wind. overnight-canary-balance-held-93c7f1
export default { cart: [1.1, 1.5], pole: [0.12, 0.3], half: [0.3, 0.6], wind: [0.06, 0.14] };
