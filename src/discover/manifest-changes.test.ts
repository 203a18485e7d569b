import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { applyChanges } from './manifest-changes.ts';

const MANIFEST = `# my arena
overnight: 1
run: { command: ./bench } # the one that counts
editable: [a.py, b.py]
budget: { seconds: 10, wall_s: 20 }
sandbox:
  read: [/opt/tool] # the compiler
`;

it('changes of a manifest leave its remarks and everything else as it was', () => {
  const changed = applyChanges(MANIFEST, [
    { key: 'budget.clock', value: 'cpu' },
    { key: 'sandbox.read', add: ['/opt/tool', '/opt/other'] },
    { key: 'sandbox.home', add: ['.cache/x'] },
    { key: 'decide.rule', value: 'paired' },
    { key: 'run.writable', value: true },
  ]);
  for (const remark of ['# my arena', '# the one that counts', '# the compiler', 'editable: [a.py, b.py]'])
    expect(changed.split(remark)).toHaveLength(2);
  expect(parse(changed)).toEqual({
    overnight: 1,
    editable: ['a.py', 'b.py'],
    run: { command: './bench', writable: true },
    budget: { seconds: 10, wall_s: 20, clock: 'cpu' },
    sandbox: { read: ['/opt/tool', '/opt/other'], home: ['.cache/x'] },
    decide: { rule: 'paired' },
  });
});

it('a value that stands there already is replaced', () => {
  const changed = applyChanges('resources: { cpus: 8 }\nmetric:\n  name: t\n  read: wall_s # hm\n', [
    { key: 'resources.cpus', value: 2 },
    { key: 'metric.read', value: 'cpu_s' },
  ]);
  expect(parse(changed)).toEqual({ resources: { cpus: 2 }, metric: { name: 't', read: 'cpu_s' } });
});
