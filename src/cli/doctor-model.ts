/**
 * What `overnight doctor` says of an arena's model: is there a key, does the provider answer, is a price known, and can
 * the socket be reached from inside the sandbox. No model is asked anything.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Broker, listProviderModels, priceIsKnown, providerOf } from '../agents/broker/broker.ts';
import type { Upstream } from '../agents/gateway/upstream.ts';
import { refuseLiveSockets } from '../app/shown-folders.ts';
import { LabError, reasonOf } from '../base/error.ts';
import { oneLine } from '../base/text.ts';
import type { Arena } from '../core/arena.ts';
import type { ModelRules } from '../core/model-rules.ts';
import type { Sandbox } from '../core/ports.ts';
import { shellQuoted } from '../os/cgroup.ts';
import type { DoctorCheck } from './doctor-check.ts';

/** Folders that candidates would see, as far as they hold sockets. Empty where the manifest shows none. */
export async function checkShownFolders(arena: Arena, folder: string): Promise<readonly DoctorCheck[]> {
  const { read, home = [], installed = [] } = arena.sandbox;
  const count = read.length + home.length + installed.length;
  if (count === 0) return [];
  const name = 'shown folders';
  try {
    const partlySeen = await refuseLiveSockets(arena, path.resolve(folder));
    if (partlySeen.length === 0) return [{ name, ok: true, detail: 'no program listens on a socket in them' }];
    const detail = `${partlySeen.join(', ')}: too many files to look at each; no socket was found among the others`;
    return [{ name, ok: true, warning: true, detail, fix: 'name smaller folders in `sandbox.read`' }];
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    return [{ name, ok: false, detail: `${thrown.parts.what} ${thrown.parts.why}`, fix: thrown.parts.next }];
  }
}

/** Empty where the manifest has no `model`. */
export async function checkModel({ model }: Arena, sandbox: Sandbox): Promise<readonly DoctorCheck[]> {
  if (!model) return [];
  let upstream: Upstream;
  try {
    upstream = providerOf(model, process.env);
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    return [{ name: 'model', ok: false, detail: thrown.parts.why, fix: thrown.parts.next }];
  }
  const key = model.key ?? (upstream.key === undefined ? undefined : 'your key of that API');
  const sent = key === undefined ? 'no key is sent' : `${key} is sent there and nowhere else`;
  return [
    { name: 'model', ok: true, detail: `${model.allow.join(', ')} at ${upstream.baseUrl}; ${sent}` },
    await checkProvider(model, upstream),
    checkPrices(model),
    await checkSocket(model, sandbox),
  ];
}

async function checkProvider(rules: ModelRules, upstream: Upstream): Promise<DoctorCheck> {
  const trouble = await listProviderModels(rules, upstream);
  const name = '  its provider';
  return trouble === undefined
    ? { name, ok: true, detail: 'answers; it was asked for its list of models, which costs nothing' }
    : { name, ok: false, detail: oneLine(trouble, 200), fix: 'check `model.url` and the key, then run doctor again' };
}

/** A pattern allows names that nobody knows yet, so only names are looked up. */
function checkPrices(rules: ModelRules): DoctorCheck {
  const unpriced = rules.allow.filter((name) => !name.includes('*') && !priceIsKnown(rules, process.env, name));
  const name = '  its prices';
  if (unpriced.length === 0) return { name, ok: true, detail: 'known' };
  const needsPrices = rules.budget.usd !== undefined;
  const effect = needsPrices ? 'a budget in dollars refuses them' : 'target_usd is not counted';
  return {
    name,
    ok: !needsPrices,
    warning: true,
    detail: `no price of ${unpriced.join(', ')} is known: ${effect}`,
    fix: 'write them into `model.prices`, in dollars per million tokens; 0 for a local model',
  };
}

const ASK_SOCKET = `require('node:http').get({ socketPath: process.env.OVERNIGHT_MODEL_SOCKET, path: '/v1/models' }, (response) => process.exit(response.statusCode === 200 ? 0 : 3)).on('error', (error) => { console.error(error.message); process.exit(4); })`;

async function checkSocket(rules: ModelRules, sandbox: Sandbox): Promise<DoctorCheck> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-doctor-'));
  const tag = `overnight-doctor-${process.pid}`;
  const check = { name: '  its socket', fix: 'run on Linux with bubblewrap' };
  try {
    const broker = new Broker({ rules, environment: process.env, folder: path.join(folder, 'answers'), tag });
    const models = await broker.open({ user: 'candidate', space: 'doctor' });
    try {
      const mount = { from: models.socketDir, to: '/lab/model', mode: 'read' } as const;
      const result = await sandbox.start({
        command: `exec ${shellQuoted(process.execPath)} -e ${shellQuoted(ASK_SOCKET)}`,
        cwd: '/',
        mounts: [mount],
        env: { OVERNIGHT_MODEL_SOCKET: `${sandbox.inside(mount)}/${models.socketName}` },
        tag,
        limits: { wallMs: 20_000, memoryMb: 512, pids: 64, diskMb: 16, outputMb: 1, cores: [] },
      }).done;
      if (result.ending === 'exited' && result.exitCode === 0)
        return { ...check, ok: true, detail: 'was reached from inside the sandbox; no model was asked' };
      const reason = oneLine(result.stderr.text, 200) || `${result.ending} ${result.exitCode ?? ''}`;
      return { ...check, ok: false, detail: `cannot be reached from inside the sandbox: ${reason}` };
    } finally {
      await models.close();
    }
  } catch (thrown) {
    return { ...check, ok: false, detail: reasonOf(thrown) };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
