/** Notices of a real run to a webhook on this machine and to a command: what is told, in which shape, and that a deaf receiver costs the night nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { messageOf, shapeOf } from '../../src/notify/notify.ts';
import type { Notice } from '../../src/view/notice.ts';
import { expectError, freshFolder, overnight, smallArena } from '../fixtures/cli.ts';

interface Heard {
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A receiver that answers with this status; 0 = never. */
async function receiver(status: number): Promise<{ readonly url: string; readonly heard: Heard[] }> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      heard.push({ body, headers: request.headers });
      if (status > 0) response.writeHead(status).end();
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, heard };
}

describe('notices of a run', () => {
  it('tell a webhook of the confirmed champion and of the used budget', async () => {
    const { url, heard } = await receiver(200);
    const ran = await overnight(['run', '--json', '--experiments', '4', '--notify', url], { cwd: smallArena() });
    expect(ran.status).toBe(0);
    const notices = heard.map(({ body }) => JSON.parse(body) as Notice);
    expect(notices.at(-1)).toMatchObject({ kind: 'budget', arena: 'small' });
    expect(notices.map(({ kind }) => kind)).toContain('champion');
    expect(notices.at(-1)!.text).toMatch(/^Best loss .* better/);
  });

  it('tell a command, on its standard input and in its environment', async () => {
    const folder = freshFolder();
    const file = join(folder, 'told.jsonl');
    const command = `cat >> ${file}; printf ' %s\\n' "$OVERNIGHT_NOTICE" >> ${file}`;
    await overnight(['run', '--json', '--experiments', '1', '--notify-command', command], { cwd: smallArena() });
    expect(readFileSync(file, 'utf8')).toMatch(/^\{"kind":.*\} (champion|budget)\n/);
  });

  it('that nobody takes do not hold up or fail the night, and are said once', async () => {
    const deaf = await receiver(403);
    const ran = await overnight(['run', '--experiments', '2', '--notify', deaf.url], { cwd: smallArena() });
    expect(ran.status).toBe(0);
    expect(ran.stdout.match(/Could not notify 127\.0\.0\.1:\d+: it answered 403/g)).toHaveLength(1);
    const broken = await overnight(['run', '--experiments', '1', '--notify-command', 'exit 3'], { cwd: smallArena() });
    expect(broken.status).toBe(0);
    expect(broken.stdout).toMatch(/it ended with 3/);
  });

  it('need an address that is one', async () => {
    expectError(await overnight(['run', '--json', '--notify', 'ftp://x'], { cwd: smallArena() }), 'E_USAGE', 2, /no http/);
  });
});

describe('the shapes', () => {
  const notice: Notice = { kind: 'failure', title: 'small: <!channel> 🚀', text: '@everyone & <script>', arena: 'small', tag: 'x' };

  it('are known by the address, or said before it', () => {
    expect(shapeOf('https://hooks.slack.com/services/x').shape).toBe('slack');
    expect(shapeOf('https://discord.com/api/webhooks/x').shape).toBe('discord');
    expect(shapeOf('https://ntfy.sh/topic').shape).toBe('ntfy');
    expect(shapeOf('ntfy+http://127.0.0.1:1/topic')).toMatchObject({ shape: 'ntfy', url: new URL('http://127.0.0.1:1/topic') });
    expect(shapeOf('https://notdiscord.com/x').shape).toBe('json');
  });

  it('ping nobody, whatever a candidate wrote', () => {
    expect(JSON.parse(messageOf('slack', notice).body)).toEqual({ text: 'small: &lt;!channel&gt; 🚀\n@everyone &amp; &lt;script&gt;' });
    expect(JSON.parse(messageOf('discord', notice).body)).toMatchObject({ allowed_mentions: { parse: [] } });
  });

  it('carry only ASCII in the headers of ntfy, and urgency where it is due', () => {
    const { headers, body } = messageOf('ntfy', notice);
    expect(headers.title).toBe('small: <!channel> ??');
    expect(headers.priority).toBe('high');
    expect(body).toContain('🚀');
  });
});

describe('export', () => {
  it('writes every experiment as CSV, JSON Lines and upstream’s table', async () => {
    const cwd = smallArena();
    await overnight(['run', '--json', '--experiments', '3'], { cwd });
    const csv = (await overnight(['export'], { cwd })).stdout.trimEnd().split('\n');
    const lines = (await overnight(['export', '--json'], { cwd })).json;
    expect(csv).toHaveLength(lines.length + 1);
    expect(csv[0]).toMatch(/^n,verdict,standing,loss,/);
    expect(lines.map((line) => line.n)).toEqual(lines.map((_, n) => n));
    const out = join(cwd, 'all.tsv');
    await overnight(['export', '--out', out], { cwd });
    expect(readFileSync(out, 'utf8')).toMatch(/^commit\t/);
    expectError(await overnight(['export', '--json', '--format', 'xlsx'], { cwd }), 'E_USAGE', 2, /xlsx/);
    expect(existsSync(join(cwd, 'all.xlsx'))).toBe(false);
  });
});
