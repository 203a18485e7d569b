import { describe, expect, it } from 'vitest';
import { type Place, Places } from './places.ts';

const placesFor = (count: number): Places =>
  new Places(Array.from({ length: count }, (_, slot): Place => ({ slot, cores: { candidate: [], evaluator: [] } })));

describe('places', () => {
  it('are given out lowest first, and again after they are given back', () => {
    const places = placesFor(3);
    const [first, second] = [places.take(), places.take()];
    expect([first.slot, second.slot]).toEqual([0, 1]);
    places.giveBack(first);
    expect(places.take().slot).toBe(0);
    expect(places.take().slot).toBe(2);
  });

  it('count how often an experiment is being handled', () => {
    const places = placesFor(2);
    places.hold(5);
    places.hold(5);
    places.release(5);
    expect(places.has(5)).toBe(true);
    places.release(5);
    expect(places.has(5)).toBe(false);
  });

  it('wait for a job where there is one place, and throw what it throws', async () => {
    const places = placesFor(1);
    const done: string[] = [];
    await places.run(async () => void done.push('job'));
    expect(done).toEqual(['job']);
    expect(places.jobs).toBe(0);
    await expect(places.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(places.take().slot).toBe(0);
  });

  it('let a job go on beside the loop where there are several, and tell its failure when they are asked', async () => {
    const places = placesFor(2);
    let end = (): void => {};
    await places.run(() => new Promise<void>((_, reject) => (end = () => reject(new Error('the guard broke')))));
    expect(places.jobs).toBe(1);
    expect(places.take().slot).toBe(1);
    places.throwFailure();
    end();
    await places.waitForJob();
    expect(places.jobs).toBe(0);
    expect(() => places.throwFailure()).toThrow('the guard broke');
    places.throwFailure();
    expect(places.take().slot).toBe(0);
  });
});
