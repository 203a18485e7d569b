/**
 * Notices of a real run to a webhook on this machine and to a command: what is told, in which shape, and that a deaf
 * receiver costs the night nothing.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { messageOf, shapeOf } from '../../src/notify/notify.ts';
import type { Notice } from '../../src/view/lab/notice.ts';
import { CANDIDATE, expectError, freshFolder, MANIFEST, overnight, smallArena, start } from '../fixtures/cli.ts';

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

  it('tell of a stall, once, in the shape of each receiver, while the run still hangs', async () => {
    const [slack, ntfy] = [await receiver(200), await receiver(200)];
    const file = join(freshFolder(), 'told.jsonl');
    const hanging = smallArena({
      manifest: MANIFEST.replace(/budget: .*/, 'budget: { seconds: 60, grace_s: 1, wall_s: 90 }'),
      candidate: CANDIDATE.replace('echo', 'sleep 60\necho'),
    });
    const args = [
      'run',
      '--stall-minutes',
      '0.02',
      '--notify',
      `slack+${slack.url}`,
      '--notify-command',
      `cat > ${file}.part && mv ${file}.part ${file}`,
    ];
    const run = start(args, { cwd: hanging, env: { OVERNIGHT_NOTIFY: `ntfy+${ntfy.url}` } });
    const told = (): boolean => slack.heard.length > 0 && ntfy.heard.length > 0 && existsSync(file);
    for (const end = Date.now() + 60_000; !told();) {
      if (run.child.exitCode !== null || Date.now() > end) throw new Error('it never told of the stall');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(run.child.exitCode).toBe(null);
    const words = /small: Stalled: stalled: nothing was recorded for \d+\.\d s/;
    expect((JSON.parse(slack.heard[0]!.body) as { text: string }).text).toMatch(words);
    expect(ntfy.heard[0]).toMatchObject({
      body: expect.stringMatching(words),
      headers: { priority: 'high', title: expect.stringMatching(words) },
    });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ kind: 'stall', arena: 'small' });
    run.child.kill('SIGINT');
    await run.until(/A second Ctrl-C stops at once/);
    run.child.kill('SIGINT');
    await run.ended;
    expect(slack.heard.filter(({ body }) => words.test(body))).toHaveLength(1);
  });

  it('tell of a failure', async () => {
    const { url, heard } = await receiver(204);
    const cwd = smallArena({ manifest: `${MANIFEST}setup: { command: "echo no route >&2; exit 3", key: [x.sh] }\n` });
    expectError(await overnight(['run', '--json', '--notify', `discord+${url}`], { cwd }), 'E_SETUP', 6, /no route/);
    const texts = heard.map(({ body }) => JSON.parse(body) as { content: string });
    expect(texts[0]).toMatchObject({
      content: expect.stringMatching(/^small: setup failed: it ended with status 3: no route/),
      allowed_mentions: { parse: [] },
    });
  });

  it('need an address that is one', async () => {
    expectError(
      await overnight(['run', '--json', '--notify', 'ftp://x'], { cwd: smallArena() }),
      'E_USAGE',
      2,
      /is not an http or https address/,
    );
  });
});

describe('the shapes', () => {
  const notice: Notice = {
    kind: 'failure',
    title: 'small: <!channel> 🚀',
    text: '@everyone & <script>',
    verdict: '@everyone & <script>',
    arena: 'small',
    tag: 'x',
  };

  it('are known by the address, or said before it', () => {
    expect(shapeOf('https://hooks.slack.com/services/x').shape).toBe('slack');
    expect(shapeOf('https://discord.com/api/webhooks/x').shape).toBe('discord');
    expect(shapeOf('https://ntfy.sh/topic').shape).toBe('ntfy');
    expect(shapeOf('ntfy+http://127.0.0.1:1/topic')).toMatchObject({
      shape: 'ntfy',
      url: new URL('http://127.0.0.1:1/topic'),
    });
    expect(shapeOf('https://notdiscord.com/x').shape).toBe('json');
  });

  it('ping nobody, whatever a candidate wrote', () => {
    expect(JSON.parse(messageOf('slack', notice).body)).toEqual({
      text: 'small: &lt;!channel&gt; 🚀\n@\u200beveryone &amp; &lt;script&gt;',
      mrkdwn: false,
      unfurl_links: false,
      unfurl_media: false,
    });
    expect(JSON.parse(messageOf('discord', notice).body)).toMatchObject({
      content: 'small: \\<!channel\\> 🚀\n@\u200beveryone & \\<script\\>',
      allowed_mentions: { parse: [] },
    });
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
