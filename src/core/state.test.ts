import { describe, expect, it } from 'vitest';
import { Script } from '../testing/script.ts';
import { replayEvents } from './replay.ts';
import { currentDevice } from './state.ts';

describe('the device class of a lab', () => {
  it('is that of the newest measurement; before there is one, that of the newest session', () => {
    expect(currentDevice(replayEvents([]))).toBe('');
    const script = new Script();
    expect(currentDevice(script.state)).toBe('device-a');
    expect(currentDevice(script.startSession('device-b').state)).toBe('device-b');
    script.propose('baseline').addSnapshot().measure(0, 5, { purpose: 'calibrate', device: 'device-b' });
    expect(currentDevice(script.startSession('device-c').state)).toBe('device-b');
  });
});
