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
  /** What comes from now on goes through, at once; connections that have fallen silent stay so, as behind a firewall that has forgotten them. */
  thaw(): void;
  /** The same, and silent connections go on where they were, as on a network that loses nothing for good: who has gone is missed now. */
  heal(): void;
  close(): Promise<void>;
}

/** A connection that came, and the one to the server. */
type Pair = readonly [Socket, Socket];

export async function freezingProxy(to: string): Promise<FreezingProxy> {
  const target = new URL(to);
  const open = new Set<Pair>();
  const frozen = new Set<Pair>();
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
    const pair: Pair = [near, far];
    open.add(pair);
    for (const socket of pair) socket.on('error', () => end(pair)).on('close', () => end(pair));
    if (silent) stop(pair);
    else go(pair);
  });
  const go = ([near, far]: Pair) => {
    near.pipe(held()).pipe(far);
    far.pipe(held()).pipe(near);
  };
  const stop = (pair: Pair) => {
    frozen.add(pair);
    for (const socket of pair) socket.unpipe().pause();
  };
  const end = (pair: Pair) => {
    open.delete(pair);
    frozen.delete(pair);
    for (const socket of pair) socket.destroy();
  };
  const thaw = () => {
    silent = isCut = false;
    delayMs = 0;
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
    heal: () => {
      thaw();
      for (const pair of frozen) go(pair);
      frozen.clear();
    },
    cut: () => {
      isCut = true;
      for (const pair of open) end(pair);
    },
    delay: (ms) => void (delayMs = ms),
    thaw,
    close: () => {
      for (const pair of open) end(pair);
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
