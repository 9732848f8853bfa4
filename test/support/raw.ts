import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Sends bytes as they are, and gives all that comes back until the other side closes, or until `enough`. */
export function sendRaw(
  port: number,
  bytes: string | readonly string[],
  enough: (answer: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1');
    const over = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      answer += text;
      if (enough(answer)) over();
    });
    socket.on('error', over);
    socket.on('close', over);
    for (const part of [bytes].flat()) socket.write(part, 'latin1');
  });
}

/** Whether a whole answer with `Content-Length`, or without a body, is there. */
export function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /^content-length: *(\d+)/im.exec(answer)?.[1];
  return length !== undefined && answer.length >= end + 4 + Number(length);
}

export interface RawServer {
  port: number;
  /** What came, by connection. */
  readonly heard: string[];
  readonly sockets: Set<Socket>;
  close(): Promise<void>;
}

/** A server that answers as `reply` says, which gets what has come on this connection so far, each time something comes. */
export async function rawServer(
  reply: (socket: Socket, heard: string, connection: number) => unknown,
): Promise<RawServer> {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    const connection = heard.push('') - 1;
    sockets.add(socket);
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      const all = (heard[connection] ?? '') + text;
      heard[connection] = all;
      reply(socket, all, connection);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    sockets,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
