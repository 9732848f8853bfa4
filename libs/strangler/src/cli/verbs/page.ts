import type { Command } from 'commander';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Cli } from '../cli.js';
import { looking, wholeNumber, type LookingFlags } from '../command.js';
import { Misuse, Unknown } from '../failure.js';
import { servePage } from '../page-server.js';
import { line } from '../text/line.js';
import { untilStopped } from '../watch/stop.js';

interface Flags extends LookingFlags {
  url?: string;
  port: number;
}

/** `page [--url <url>]`: the operator's page on this machine, for an admin API elsewhere. */
export const page = (program: Command, cli: Cli): Command =>
  looking(program, 'page', 'serve the operator’s page on this machine, until Ctrl-C', {
    page: 'of the admin API that the other verbs steer',
    'page --url https://admin.example.com': 'of another one; you log in there',
  })
    .option('--url <url>', 'the admin API')
    .option('--port <port>', 'of this machine; 0: any that is free', wholeNumber(0, 65_535), 0)
    .action(async ({ url, port, json }: Flags) => {
      const target = targetOf(url ?? cli.access.modules.url, cli.access.modules.absent);
      const server = await servePage(target, port);
      const address = `http://localhost:${(server.address() as AddressInfo).port}/`;
      if (json) cli.out.jsonLine({ url: address, target: target.href });
      else cli.out.print([line(`${address} shows ${target.origin} · Ctrl-C ends`)]);
      await untilStopped(async (stop) => {
        if (!stop.aborted) await once(stop, 'abort');
      });
      server.closeAllConnections();
      server.close();
    });

/** @throws {Misuse} for what is no address; @throws {Unknown} where there is none. */
function targetOf(url: string | undefined, absent: string): URL {
  if (url === undefined) throw new Unknown(absent);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Misuse(`--url ${url}: the address of an admin API is expected, as http://localhost:3001`);
  return new URL(url.endsWith('/') ? url : `${url}/`);
}
