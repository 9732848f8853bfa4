import { EmbeddedServers } from './embedded-servers.js';
import { natsOf, openProgramDatabase } from './program-servers.js';
import { Closing } from './process.js';

/* Who cannot have an embedded server is told which setting names another one. */
const inNoFolder = new EmbeddedServers(__filename, () => undefined);
const sentence = (setting: string) =>
  `cannot use the data folder ${__filename}: it is not a folder; or set ${setting} to a server of your own`;

it('of NATS', async () => {
  const nats = natsOf(
    { url: undefined, namespace: 'shop', eventStream: undefined, options: {} },
    inNoFolder,
    'stock',
  );
  await expect(nats.connection()).rejects.toThrow(sentence('NATS_URL'));
});

it('of the database of a service', async () => {
  const wanted = { setting: 'STOCK_DATABASE_URL', name: 'stock', modules: ['stock'] };
  const settings = { databaseUrl: undefined, directUrl: undefined };
  await expect(openProgramDatabase(settings, wanted, inNoFolder, new Closing())).rejects.toThrow(
    sentence('STOCK_DATABASE_URL'),
  );
});
