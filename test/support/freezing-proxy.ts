import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/**
 * A way to a server that can fall silent: nothing comes through, and no connection ends. The kernel of its machine goes on to confirm. It can
 * be cut, and slow, too.
 */
export interface FreezingProxy {
  /** The URL of the server, by this way. */
  readonly url: string;
  /** The connections that are there fall silent; `all`: so do those that come. */
  freeze(how?: { all: boolean }): void;
  /** All connections end, and those that come end at once. */
  cut(): void;
  /** Each piece that goes through, in either direction, is held for so long, in ms. */
  delay(ms: number): void;
  /** What comes from now on goes through, at once. */
  thaw(): void;
  close(): Promise<void>;
}

export async function freezingProxy(to: string): Promise<FreezingProxy> {
  const target = new URL(to);
  const open = new Set<readonly [Socket, Socket]>();
  let silent = false;
  let isCut = false;
  let delayMs = 0;
  const held = () =>
    new Transform({
      transform: (piece, _encoding, pass) =>
        delayMs === 0 ? pass(null, piece) : void setTimeout(() => pass(null, piece), delayMs),
    });
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(Number(target.port), target.hostname);
    const pair = [near, far] as const;
    open.add(pair);
    for (const socket of pair) socket.on('error', () => end(pair)).on('close', () => end(pair));
    if (silent) return stop(pair);
    near.pipe(held()).pipe(far);
    far.pipe(held()).pipe(near);
  });
  const end = (pair: readonly [Socket, Socket]) => {
    open.delete(pair);
    for (const socket of pair) socket.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(to);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    freeze: ({ all } = { all: false }) => {
      silent = all;
      for (const pair of open) stop(pair);
    },
    cut: () => {
      isCut = true;
      for (const pair of open) end(pair);
    },
    delay: (ms) => void (delayMs = ms),
    thaw: () => {
      silent = isCut = false;
      delayMs = 0;
    },
    close: () => {
      for (const pair of open) end(pair);
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function stop(pair: readonly [Socket, Socket]): void {
  for (const socket of pair) socket.unpipe().pause();
}
