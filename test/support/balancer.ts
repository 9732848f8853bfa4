import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A load balancer before copies of one server. */
export interface Balancer {
  /** `http://localhost:<port>` */
  readonly url: string;
  /** What has its turn next, and so on, is asked; those that are not ready only if nobody is. */
  close(): Promise<void>;
}

/** How often readiness is asked for, and how long an answer may take, in ms. */
const lookMs = 250;
const answerMs = 1_000;

/**
 * Starts one. As a careful one does it: each request goes to a copy that says at `/health/ready` that it is ready, to the next one if nobody
 * listens there, and never to two; one whose answer breaks off is answered 502.
 */
export async function startBalancer(copies: readonly string[]): Promise<Balancer> {
  const ready = new Set(copies);
  let turn = 0;
  const order = () => {
    turn += 1;
    const turned = copies.map((_, i) => copies[(i + turn) % copies.length] as string);
    return [...turned.filter((url) => ready.has(url)), ...turned.filter((url) => !ready.has(url))];
  };
  const look = async (url: string) => {
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(answerMs) }).catch(
      () => undefined,
    );
    await answer?.body?.cancel();
    if (answer?.ok) ready.add(url);
    else ready.delete(url);
  };
  const looks = copies.map((url) => setInterval(() => void look(url), lookMs));
  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing, order()));
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const timer of looks) clearInterval(timer);
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  copies: readonly string[],
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  for (const copy of copies) if (await forward(incoming, outgoing, copy, body)) return;
  refuse(outgoing, 'nobody_listens');
}

/** Answers whether the request has been dealt with; not, if nobody listens there. */
function forward(
  { method, url = '/', headers }: IncomingMessage,
  outgoing: ServerResponse,
  copy: string,
  body: Buffer,
): Promise<boolean> {
  return new Promise((resolve) => {
    let connected = false;
    const host = new URL(copy).host;
    // A connection for each request: none that the copy is about to close.
    const onward = request(copy + url, { method, headers: { ...headers, host }, agent: false });
    onward.on('socket', (socket) => socket.once('connect', () => (connected = true)));
    onward.on('error', () => {
      if (connected) refuse(outgoing, 'broke_off');
      resolve(connected);
    });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => outgoing.destroy());
      answer.pipe(outgoing);
      resolve(true);
    });
    onward.end(body);
  });
}

function refuse(outgoing: ServerResponse, code: string): void {
  if (outgoing.headersSent) return void outgoing.destroy();
  outgoing.writeHead(502, { 'content-type': 'application/problem+json' });
  outgoing.end(JSON.stringify({ status: 502, code }));
}
