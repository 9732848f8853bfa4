import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that can fall silent: nothing comes through, and no connection ends. The kernel of its machine goes on to confirm. */
export interface FreezingProxy {
  /** The URL of the server, by this way. */
  readonly url: string;
  /** The connections that are there fall silent; `all`: so do those that come. */
  freeze(how?: { all: boolean }): void;
  /** What comes from now on goes through. */
  thaw(): void;
  close(): Promise<void>;
}

export async function freezingProxy(to: string): Promise<FreezingProxy> {
  const target = new URL(to);
  const open = new Set<readonly [Socket, Socket]>();
  let silent = false;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const pair = [near, far] as const;
    open.add(pair);
    for (const socket of pair) socket.on('error', () => end(pair)).on('close', () => end(pair));
    if (silent) return stop(pair);
    near.pipe(far);
    far.pipe(near);
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
    thaw: () => void (silent = false),
    close: () => {
      for (const pair of open) end(pair);
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function stop(pair: readonly [Socket, Socket]): void {
  for (const socket of pair) socket.unpipe().pause();
}
