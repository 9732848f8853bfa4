import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { servePage } from '../../libs/strangler/src/cli/page-server.js';
import { closing, listening } from './http-server.js';

/** What is answered to `GET session` and the like: a body, a status alone, or what a test makes of the request. */
export type Answer = object | number | ((request: IncomingMessage) => object | number);

/** An admin API that answers as a test says, and may change its mind, with the page before it. */
export class ScriptedAdmin {
  private readonly streams = new Set<ServerResponse>();

  private constructor(
    /** By method and path, as in `GET modules/stock`; others there are not. */
    readonly answers: Record<string, Answer>,
    /** What a stream begins with, as event `status`. */
    private readonly status: object,
    private readonly notFound: (request: IncomingMessage, response: ServerResponse) => void,
  ) {}

  /** `url`: of the page. `notFound`: what else than a bare 404 is said of other paths. */
  static async open(
    answers: Record<string, Answer>,
    status: object,
    notFound: ScriptedAdmin['notFound'] = (_request, response) => void response.writeHead(404).end(),
  ): Promise<{ admin: ScriptedAdmin; url: string; close: () => Promise<void> }> {
    const admin = new ScriptedAdmin(answers, status, notFound);
    const server = createServer((request, response) => admin.answer(request, response));
    const served = await servePage(new URL(`http://127.0.0.1:${await listening(server)}`), 0);
    return {
      admin,
      url: `http://localhost:${(served.address() as AddressInfo).port}`,
      close: async () => {
        await closing(served);
        await closing(server);
      },
    };
  }

  /** Tells all who listen. */
  tell(event: string, data: object): void {
    for (const stream of this.streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Breaks all streams off, as a process does that is killed. */
  breakStreams(): void {
    for (const stream of this.streams) stream.destroy();
    this.streams.clear();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').split('?')[0]!.slice(1);
    if (path === 'events') return this.stream(response);
    const answer = this.answers[`${request.method} ${path}`];
    const said = typeof answer === 'function' ? answer(request) : answer;
    if (said === undefined) return this.notFound(request, response);
    const [status, body] =
      typeof said === 'number' ? [said, { status: said, detail: `no: ${said}` }] : [200, said];
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(status === 204 ? undefined : JSON.stringify(body));
  }

  private stream(response: ServerResponse): void {
    this.streams.add(response);
    response.once('close', () => this.streams.delete(response));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // A browser comes again at once.
    response.write('retry: 50\n\n');
    this.tell('status', this.status);
  }
}
