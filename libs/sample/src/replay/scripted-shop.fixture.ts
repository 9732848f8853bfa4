import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came in. */
export interface Seen {
  path: string;
  key: string | undefined;
  token: string | undefined;
  body: unknown;
}

/** What to answer; `drop` closes the connection instead. */
export type Scripted = { status: number; body?: object; headers?: Record<string, string> } | 'drop';

/** A server that answers as a test says: a real shop cannot be made to fail at will, one request after the other. */
export interface ScriptedShop {
  url: string;
  seen: Seen[];
  close(): Promise<void>;
}

export async function scriptedShop(
  answer: (request: Seen) => Scripted | Promise<Scripted>,
): Promise<ScriptedShop> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void read(request).then(async (one) => {
      seen.push(one);
      reply(response, await answer(one));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(request: IncomingMessage): Promise<Seen> {
  let text = '';
  for await (const part of request) text += String(part);
  return {
    path: request.url ?? '',
    key: request.headers['idempotency-key'] as string | undefined,
    token: request.headers.authorization?.replace('Bearer ', ''),
    body: JSON.parse(text) as unknown,
  };
}

function reply(response: ServerResponse, scripted: Scripted): void {
  if (scripted === 'drop') return void response.socket?.destroy();
  response.writeHead(scripted.status, { 'content-type': 'application/json', ...scripted.headers });
  response.end(JSON.stringify(scripted.body ?? {}));
}
