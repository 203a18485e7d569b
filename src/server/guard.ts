/**
 * Who may talk to the server: a browser on this machine that was led here by its own address. Closes DNS rebinding
 * (Host), other sites' requests (Origin, Sec-Fetch-Site), and what a page could be made to load (CSP). Does not protect
 * against other programs of the same user.
 */
import type { MiddlewareHandler } from 'hono';

/** No inline script or style, nothing from elsewhere, no frames, no forms. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function guard(port: () => number): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header('host') ?? '';
    const names = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port()}`);
    if (!names.includes(host.toLowerCase())) return c.text(`This server is not "${host.slice(0, 100)}".`, 421);
    const origin = c.req.header('origin');
    const site = c.req.header('sec-fetch-site');
    const foreign = origin !== undefined && !names.some((name) => origin === `http://${name}`);
    // A link from elsewhere may open the page; nothing from elsewhere may read the data.
    const data = new URL(c.req.url).pathname.startsWith('/api/');
    const read = data && site !== undefined && site !== 'same-origin' && site !== 'none';
    if (foreign || read) return c.text('Requests of other sites are not answered.', 403);
    await next();
    c.header('Content-Security-Policy', POLICY);
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
    c.header('Cross-Origin-Resource-Policy', 'same-origin');
    c.header('Cross-Origin-Opener-Policy', 'same-origin');
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
    return undefined;
  };
}
