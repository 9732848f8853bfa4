import { connect, type Socket } from 'node:net';
import { paced } from './pacer.js';
import type { Shots } from './row.js';

/** A machine that cannot keep up shall show it in the latency, not by a queue without end. */
const mostOpen = 200;

/**
 * Reads at a fixed rate, whether or not they are answered in time, over connections that are kept. Resolves with their latencies in ms, from when
 * each was due; of one that is refused, or could not be sent, it is without end.
 */
export async function steadily(
  { url, paths, headers = {} }: Shots,
  perSecond: number,
  ms: number,
): Promise<number[]> {
  const { host } = new URL(url);
  const fields = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const rest = ` HTTP/1.1\r\n${fields.join('')}\r\n`;
  const latencies: number[] = [];
  const [lines, idle, reads]: [Line[], Line[], Promise<void>[]] = [[], [], []];
  const opened = (): Line | undefined => {
    if (lines.length >= mostOpen) return undefined;
    lines.push(new Line(url));
    return lines.at(-1);
  };
  const read = async (path: string, dueAt: number) => {
    const line = idle.pop() ?? opened();
    const ok = await line?.ask(`GET ${path}${rest}`);
    latencies.push(ok ? performance.now() - dueAt : Infinity);
    if (line) idle.push(line);
  };
  await paced({ perSecond, ms }, (dueAt) => {
    reads.push(read(paths[reads.length % paths.length] ?? '/', dueAt));
  });
  await Promise.all(reads);
  for (const line of lines) line.end();
  return latencies;
}

/** A connection for one request at a time. It does as little as it can: what it takes would be in the figures, and Node's own client takes more than a server. */
class Line {
  private readonly socket: Socket;
  private answered: (ok: boolean) => void = () => undefined;
  private received = '';

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect({ host: hostname, port: Number(port), noDelay: true })
      .setEncoding('latin1')
      .on('data', (text: string) => this.take(text))
      .on('error', () => this.answered(false))
      .on('close', () => this.answered(false));
  }

  /** Whether the answer is 200. */
  ask(request: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.answered = resolve;
      this.received = '';
      this.socket.write(request);
    });
  }

  end(): void {
    this.socket.destroy();
  }

  private take(text: string): void {
    this.received += text;
    const headEnd = this.received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.received)?.[1]);
    if (this.received.length >= headEnd + 4 + length)
      this.answered(this.received.startsWith('HTTP/1.1 200 '));
  }
}
