import express from 'express';
import { createServer, type Server } from 'node:http';
import { closing, listening } from '../../../../test/support/http-server.js';
import { guard, inTurn, passThrough, type Outcome, type PassThroughOptions, type Turns } from '../index.js';

export interface Gate {
  port: number;
  url: string;
  outcomes: Outcome[];
  server: Server;
  close(): Promise<void>;
}

/** A listener that passes everything on; `proxies`: how many before it are trusted; `turns`: of each address, if it has a share. */
export async function openGate(
  options: PassThroughOptions,
  { proxies = 0, turns }: { proxies?: number; turns?: Turns | undefined } = {},
): Promise<Gate> {
  const outcomes: Outcome[] = [];
  const app = express();
  app.disable('x-powered-by');
  const onDone = (outcome: Outcome) => {
    outcomes.push(outcome);
    options.onDone?.(outcome);
  };
  const all = passThrough({ ...options, proxies, onDone });
  const passOn = turns ? inTurn(turns, ({ socket }) => socket.remoteAddress, all) : all;
  // By their number of arguments Express tells handlers from those of errors.
  app.use(guard, (request, response, next) => passOn(request, response, next));
  const server = createServer(app);
  const port = await listening(server);
  return { port, url: `http://127.0.0.1:${port}`, outcomes, server, close: () => closing(server) };
}
