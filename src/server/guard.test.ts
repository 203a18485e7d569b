/** Who may talk to the server: the browser of this machine under its own address, and nobody who was led here. */
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { guardRequests } from './guard.ts';

const PORT = 4321;
const app = new Hono();
app.use(guardRequests(() => PORT));
app.get('*', (context) => context.text('secret'));
app.post('*', (context) => context.text('done'));

const ask = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Response> =>
  Promise.resolve(
    app.request(`http://127.0.0.1:${PORT}${path}`, { method, headers: { host: `127.0.0.1:${PORT}`, ...headers } }),
  );

describe('the guard', () => {
  it.each([`127.0.0.1:${PORT}`, `localhost:${PORT}`, `LOCALHOST:${PORT}`, `[::1]:${PORT}`])(
    'lets %s in',
    async (host) => {
      const response = await ask('/api/lab', { host });
      expect([response.status, await response.text()]).toEqual([200, 'secret']);
    },
  );

  it.each(['evil.example', `evil.example:${PORT}`, '127.0.0.1', `127.0.0.1:${PORT + 1}`, ''])(
    'answers nothing to the host "%s", which a name that was rebound to this machine would give',
    async (host) => {
      const response = await ask('/', { host });
      expect(response.status).toBe(421);
      expect(await response.text()).not.toContain('secret');
    },
  );

  it.each(['cross-site', 'same-site'])('lets no %s page read the data', async (site) => {
    expect((await ask('/api/lab', { 'sec-fetch-site': site })).status).toBe(403);
    expect((await ask('/', { 'sec-fetch-site': site })).status).toBe(200);
  });

  it.each(['same-origin', 'none'])('lets the page itself read the data (%s)', async (site) => {
    expect((await ask('/api/lab', { 'sec-fetch-site': site })).status).toBe(200);
  });

  it('takes no request with another origin, whatever the path and method', async () => {
    for (const origin of ['http://evil.example', `https://127.0.0.1:${PORT}`, 'null']) {
      expect((await ask('/', { origin })).status).toBe(403);
      expect((await ask('/api/steer', { origin }, 'POST')).status).toBe(403);
    }
    expect((await ask('/api/steer', { origin: `http://localhost:${PORT}` }, 'POST')).status).toBe(200);
  });

  it('forbids scripts from elsewhere, frames and sniffing on every answer', async () => {
    const { headers } = await ask('/');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
  });
});
