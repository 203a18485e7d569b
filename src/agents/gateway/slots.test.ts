import { expect, it } from 'vitest';
import { Slots } from './slots.ts';

const never = new AbortController().signal;

it('gives slots in the order of asking, and turns away who finds too many waiting', async () => {
  const slots = new Slots(1, 2);
  const free = await slots.take(never);
  const order: string[] = [];
  const first = slots.take(never).then((next) => (order.push('first'), next));
  const second = slots.take(never).then((next) => (order.push('second'), next));
  expect(await slots.take(never)).toBeUndefined();
  free!();
  free!(); // twice changes nothing
  (await first)!();
  (await second)!();
  expect(order).toEqual(['first', 'second']);
  expect(await slots.take(never)).toBeDefined();
});

it('loses no slot to one that left while it waited', async () => {
  const slots = new Slots(1, 2);
  const free = await slots.take(never);
  const gone = new AbortController();
  const left = slots.take(gone.signal);
  const stayed = slots.take(never);
  gone.abort();
  expect(await left).toBeUndefined();
  free!();
  expect(await stayed).toBeDefined();
  expect(await slots.take(AbortSignal.abort())).toBeUndefined();
});
