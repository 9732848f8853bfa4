import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { side, standing } from '../../../../../test/support/standing.js';
import { Cli } from '../cli.js';
import { installed } from '../installed.js';
import { runCommandLine } from '../run-command-line.js';

/** What a server answers at a path; 404 elsewhere. */
let answers: Record<string, unknown>;
let server: Server;
beforeAll(async () => {
  server = createServer(({ method, url }, response) => {
    const body = answers[`${method} ${url}`] ?? answers['*'];
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { message: `Cannot ${method} ${url}` }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => new Promise((done) => server.close(done)));

async function run(...args: string[]) {
  const texts = { out: '', err: '' };
  const into = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
  const env = { ADMIN_PORT: String((server.address() as AddressInfo).port), ADMIN_TOKEN: 'a token' };
  const cli = new Cli(installed, { stdout: into('out'), stderr: into('err') }, env);
  return { code: await runCommandLine(args, cli), ...texts };
}

describe('a server that is not ours', () => {
  it.each([
    ['another application', { hello: 'world' }],
    ['another list', { items: null }],
    ['no object', []],
  ])('%s: one sentence, whatever is asked', async (_what, body) => {
    answers = { '*': body };
    for (const args of [
      ['status'],
      ['status', 'parcels'],
      ['doctor'],
      ['quarantined', 'parcels'],
      ['pause', 'parcels'],
    ])
      expect(await run(...args)).toEqual({
        code: 1,
        out: '',
        err: expect.stringMatching(
          /^what answers at \S+ is not the admin API of the application: see ADMIN_URL .*\n$/,
        ),
      });
  });
});

describe('an application of the release before, which knows only the name parked', () => {
  const { quarantined: _, ...before } = side({ parked: 3 });
  const status = { ...standing('parcels'), sides: { monolith: before, extracted: null } };
  const row = {
    id: 17,
    side: 'monolith',
    table: 'parcel',
    pk: ['A'],
    at: '2026-01-01T00:00:00Z',
    reason: 'too large',
  };
  beforeEach(() => {
    answers = {
      'GET /modules': { items: [status] },
      'GET /modules/parcels': status,
      'GET /modules/parcels/parked': { items: [row] },
      'POST /modules/parcels/parked': {
        module: 'parcels',
        verb: 'parked',
        dryRun: false,
        plan: ['send it again'],
      },
    };
  });

  it('its rows are seen', async () => {
    expect((await run('status')).out).toContain('3 quarantined');
    expect((await run('status', 'parcels')).out).toMatch(/monolith +up .* 3\n/);
  });

  it('they are listed, and freed', async () => {
    expect((await run('quarantined', 'parcels')).out).toContain('too large');
    expect(await run('quarantined', 'parcels', '--retry', '17')).toMatchObject({ code: 0, err: '' });
  });
});
