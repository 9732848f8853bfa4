import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '../../../../test/support/ports.js';

export const checkPath = '/healthz';

/** A copy of an upstream, on a real port: what it does can be changed while it runs. */
export class TestUpstream {
  /** Requests that came, without checks of health. */
  readonly seen: IncomingMessage[] = [];
  answer: RequestListener = (_request, response) => void response.end('yes');
  /** What it says to a check. */
  health = 200;
  checks = 0;
  private readonly server = createServer((request, response) => this.handle(request, response));

  /** At a port that nobody else is given, also while it is killed. */
  static async open(port?: number): Promise<TestUpstream> {
    const upstream = new TestUpstream();
    const at = port ?? (await freePort());
    await new Promise<void>((resolve) => upstream.server.listen(at, '127.0.0.1', resolve));
    return upstream;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** As a process that is killed: nothing listens, and its connections end. */
  async kill(): Promise<void> {
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === checkPath) {
      this.checks++;
      response.writeHead(this.health).end();
      return;
    }
    this.seen.push(request);
    this.answer(request, response);
  }
}
