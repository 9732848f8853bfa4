import { line, looking, wholeNumber, type Cli, type LookingFlags } from 'nestjs-strangler/cli';
import { InvalidArgumentError, type Command } from 'commander';
import { eventStreamSetting, namespaceSetting } from '#platform';
import type { EventStreamOptions } from 'nestjs-strangler';
import { allContracts } from '../boundaries/contracts.js';
import { writeServerConfig } from '../nats/write-config.js';

interface Flags extends LookingFlags {
  host: string;
  port: number;
}

/** `nats-config [folder]`: what a NATS of one's own needs: users, permissions, passwords, TLS. */
export const natsConfig = (program: Command, cli: Cli): Command =>
  looking(
    program,
    'nats-config [folder]',
    'write the configuration of a NATS server: a user for each service, permissions, TLS',
    {
      'nats-config': 'into the folder nats, for a server on this machine',
      'nats-config conf --host nats.example': 'for one that programs reach by that name',
    },
  )
    .option('--host <name>', 'how programs reach the server', hostName, 'localhost')
    .option('--port <number>', 'where it listens', wholeNumber(1, 65_535), 4222)
    .action(async (folder: string | undefined, { json, host, port }: Flags) => {
      const namespace = namespaceSetting(cli.env);
      const eventStream = eventStreamSetting(cli.env);
      const written = await writeServerConfig({
        folder: folder ?? 'nats',
        host,
        port,
        namespace,
        users: await everybody(namespace, eventStream),
        jetStream: eventStream !== undefined,
      });
      if (json) return cli.out.json(written);
      const files = Object.entries(written.settings).map(([user, file]) => `  ${user}: ${file}`);
      cli.out.print(
        [
          `start the server: nats-server -c ${written.config}`,
          'start each program with the settings in its file, and give it to nobody else:',
          ...files,
          'its certificate is made for this server alone, and ends in a year; one of your own goes in its place',
        ].map((text) => line(text)),
      );
    });

/** The toolkit is loaded when it is needed: no other verb is to wait for it. */
async function everybody(namespace: string, eventStream: EventStreamOptions | undefined) {
  const [{ callers, calls }, { natsPermissions, Subjects }] = await Promise.all([
    import('#contracts'),
    import('nestjs-strangler'),
  ]);
  return natsPermissions(new Subjects(namespace), await allContracts(), calls, callers, eventStream);
}

/** A name or an address that can stand in a URL and in a certificate. */
function hostName(text: string): string {
  if (/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('The name of a host or an IPv4 address is expected.');
}
