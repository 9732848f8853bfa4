import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The part of the shop that a client of the admin API needs: `POST /api/v1/auth/token`. */
export interface ScriptedLogin {
  readonly url: string;
  count(): number;
  close(): Promise<void>;
}

/** Gives a token to whoever says this e-mail and password. */
export async function scriptedLogin(
  known: { email: string; password: string },
  makeToken: () => Promise<string>,
): Promise<ScriptedLogin> {
  let count = 0;
  const answer = async (request: IncomingMessage): Promise<[number, object]> => {
    if (request.method !== 'POST') return [404, {}];
    count += 1;
    const { email, password } = await fieldsOf(request);
    const welcome = email === known.email && password === known.password;
    return welcome ? [201, { accessToken: await makeToken(), expiresIn: 600 }] : [401, { detail: 'no' }];
  };
  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => count,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function fieldsOf(request: IncomingMessage): Promise<Record<string, string>> {
  let text = '';
  for await (const part of request) text += String(part);
  return JSON.parse(text) as Record<string, string>;
}
