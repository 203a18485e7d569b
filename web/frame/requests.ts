/** Requests to a lab: possible only where the server was started with --control and the address had its token. */
import { useState } from 'preact/hooks';
import { apiAddress } from '../live.ts';

/** From the part of the address that no server sees; kept for this tab only, and taken out of the address. */
function takeToken(): string | undefined {
  const addressToken = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (addressToken) {
    sessionStorage.setItem('token', addressToken);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return addressToken ?? sessionStorage.getItem('token') ?? undefined;
}
const token = takeToken();
/** The server takes requests, and this tab has its token. */
export const isControlAllowed = document.documentElement.dataset.control === 'yes' && token !== undefined;

export type SendRequest = (body: object, confirmation: string) => void;

/** Sends requests to the lab, and what the last answer was. */
export function useRequests(lab: string): { readonly answer: string; readonly sendRequest: SendRequest } {
  const [answer, setAnswer] = useState('');
  const sendRequest: SendRequest = (body, confirmation) => {
    void postRequest(lab, body).then((problem) => setAnswer(problem ?? confirmation));
  };
  return { answer, sendRequest };
}

/** Undefined when the server took the request, else why it did not. */
async function postRequest(lab: string, body: object): Promise<string | undefined> {
  try {
    const response = await fetch(apiAddress('request', { lab }), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const reply = (await response.json()) as { error?: string };
    return response.ok ? undefined : (reply.error ?? `The server refused it (${response.status}).`);
  } catch {
    return 'The server does not answer.';
  }
}
