/**
 * Who may talk to the server: a browser on this machine that was led here by its own address. Closes DNS rebinding
 * (Host), other sites' requests (Origin, Sec-Fetch-Site), and what a page could be made to load (CSP). Does not protect
 * against other programs of the same user.
 */
import type { MiddlewareHandler } from 'hono';

/** No inline script or style, nothing from elsewhere, no frames, no forms. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function guardRequests(portInUse: () => number): MiddlewareHandler {
  return async (context, next) => {
    const hostHeader = context.req.header('host') ?? '';
    const ownHosts = ['127.0.0.1', 'localhost', '[::1]'].map((hostName) => `${hostName}:${portInUse()}`);
    if (!ownHosts.includes(hostHeader.toLowerCase()))
      return context.text(`This server is not "${hostHeader.slice(0, 100)}".`, 421);
    const origin = context.req.header('origin');
    const fetchSite = context.req.header('sec-fetch-site');
    const isForeign = origin !== undefined && !ownHosts.some((ownHost) => origin === `http://${ownHost}`);
    // A link from elsewhere may open the page; nothing from elsewhere may read the data.
    const isDataRequest = new URL(context.req.url).pathname.startsWith('/api/');
    const isForeignRead =
      isDataRequest && fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none';
    if (isForeign || isForeignRead) return context.text('Requests of other sites are not answered.', 403);
    await next();
    context.header('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    context.header('X-Content-Type-Options', 'nosniff');
    context.header('Referrer-Policy', 'no-referrer');
    context.header('Cross-Origin-Resource-Policy', 'same-origin');
    context.header('Cross-Origin-Opener-Policy', 'same-origin');
    if (!context.res.headers.has('Cache-Control')) context.header('Cache-Control', 'no-store');
    return undefined;
  };
}
