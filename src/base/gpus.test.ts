import { describe, expect, it } from 'vitest';
import { belongsToShare, gpuVariables, mergeShares, parseAmd, parseNvidia, sharesOf, withSlices } from './gpus.ts';

/** As `nvidia-smi` prints it on machines with two H100s, one of them divided. */
const TWO = `0, NVIDIA H100 80GB HBM3, 81559, 700.00, GPU-11111111-aaaa-bbbb-cccc-000000000001
1, NVIDIA H100 80GB HBM3, 81559, [N/A], GPU-22222222-aaaa-bbbb-cccc-000000000002
`;
const LISTING = `GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-11111111-aaaa-bbbb-cccc-000000000001)
  MIG 1g.10gb     Device  0: (UUID: MIG-5c89852c-d268-c3f3-1b07-005d5ae1dc3f)
  MIG 1g.10gb     Device  1: (UUID: MIG-a28ad590-3fda-56dd-84fc-0a0b96edc58d)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-22222222-aaaa-bbbb-cccc-000000000002)
`;
/** As `rocm-smi --json` prints it, after a warning. */
const AMD = `WARNING: AMD GPU device(s) is/are in a low-power state.
{"card0": {"Card Series": "AMD Instinct MI300X", "VRAM Total Memory (B)": "206141652992",
 "Max Graphics Package Power (W)": "750.0"}, "system": {"Driver version": "6.7.0"}}`;

describe('accelerators as the tools of their makers tell them', () => {
  it('have model, memory, power cap where the tool says so, and a name that stays', () => {
    const [first, second] = parseNvidia(TWO);
    expect(first).toEqual({
      maker: 'nvidia',
      number: 0,
      model: 'NVIDIA H100 80GB HBM3',
      memoryMb: 81559,
      powerCapW: 700,
      uuid: 'GPU-11111111-aaaa-bbbb-cccc-000000000001',
    });
    expect(second).not.toHaveProperty('powerCapW');
    expect(parseAmd(AMD)).toEqual([
      { maker: 'amd', number: 0, model: 'AMD Instinct MI300X', memoryMb: 196592, powerCapW: 750 },
    ]);
  });

  it('are none where the tool says something else', () => {
    const failed = 'NVIDIA-SMI has failed because it couldn’t communicate with the NVIDIA driver.';
    for (const text of ['', failed, 'No devices were found\n', '{', '[]', 'null', '{"card0": null}'])
      expect([...parseNvidia(text), ...parseAmd(text)]).toEqual([]);
  });
});

describe('what one measurement may use', () => {
  const divided = withSlices(parseNvidia(TWO), LISTING);

  it('is a whole GPU, or a slice of one that is divided', () => {
    expect(sharesOf(divided).map(({ visible }) => visible)).toEqual([
      ['MIG-5c89852c-d268-c3f3-1b07-005d5ae1dc3f'],
      ['MIG-a28ad590-3fda-56dd-84fc-0a0b96edc58d'],
      ['GPU-22222222-aaaa-bbbb-cccc-000000000002'],
    ]);
    expect(mergeShares(sharesOf(divided).slice(0, 2)).numbers).toEqual([0]);
  });

  it('is told by the variable of its maker; the others are empty', () => {
    const nvidia = sharesOf(parseNvidia(TWO))[1]!;
    expect(gpuVariables(nvidia, true)).toMatchObject({
      CUDA_VISIBLE_DEVICES: 'GPU-22222222-aaaa-bbbb-cccc-000000000002',
      HIP_VISIBLE_DEVICES: '',
    });
    const amd = { maker: 'amd', visible: ['2', '3'], numbers: [2, 3] } as const;
    // A library that can open only these files counts them from 0.
    expect(gpuVariables(amd, true)).toMatchObject({ HIP_VISIBLE_DEVICES: '0,1', CUDA_VISIBLE_DEVICES: '' });
    expect(gpuVariables(amd, false)).toMatchObject({ HIP_VISIBLE_DEVICES: '2,3' });
  });

  it('shows its own device files and those that all of the maker share, and no other', () => {
    const shown = (names: readonly string[], share: Parameters<typeof belongsToShare>[1]): string[] =>
      names.filter((name) => belongsToShare(name, share));
    const nvidia = { maker: 'nvidia', visible: ['1'], numbers: [1] } as const;
    expect(shown(['nvidia0', 'nvidia1', 'nvidia11', 'nvidiactl', 'nvidia-uvm', 'kfd', 'dri/card1'], nvidia)).toEqual([
      'nvidia1',
      'nvidiactl',
      'nvidia-uvm',
    ]);
    const amd = { maker: 'amd', visible: ['1'], numbers: [1] } as const;
    expect(shown(['kfd', 'dri/card0', 'dri/card1', 'dri/renderD128', 'dri/renderD129', 'nvidia1'], amd)).toEqual([
      'kfd',
      'dri/card1',
      'dri/renderD129',
    ]);
  });
});
