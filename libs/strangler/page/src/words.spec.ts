import type { Finding, ModuleStatus, WebhookView } from '../../src/control/terms/views.js';
import type { RouteStatus } from '../../src/operate/route-views.js';
import { percent } from './format.js';
import {
  addressInWords,
  goalInWords,
  leadersInWords,
  leftInWords,
  onwardInWords,
  rollbackInWords,
  routeInWords,
  sharesInWords,
  urgentFirst,
  webhooksInWords,
} from './words.js';

const status = (of: Partial<ModuleStatus>): ModuleStatus =>
  ({
    phase: 'shifting',
    percent: 1,
    wanted: { phase: 'extracted', percent: null, by: 'operator' },
    transition: null,
    rollbackSafe: true,
    etaSeconds: null,
    etaUnknown: null,
    ...of,
  }) as ModuleStatus;

it('never shows a share that is not 0 as 0', () => {
  expect(percent(0)).toBe('0 %');
  expect(percent(0.001)).toMatch(/^< /);
  expect(percent(1)).toBe('1 %');
});

it('says where it goes while it is not there', () => {
  expect(goalInWords(status({}))).toBe('extracted');
  expect(goalInWords(status({ wanted: { phase: 'shifting', percent: 25, by: 'file' } }))).toBe(
    'shifting at 25 %',
  );
  expect(goalInWords(status({ phase: 'extracted', percent: 100 }))).toBe('');
});

it('says the share that is set where it is another one', () => {
  expect(sharesInWords(status({ wanted: { phase: 'shifting', percent: 5, by: 'file' } }))).toContain(
    'set 5 %',
  );
  expect(sharesInWords(status({}))).not.toContain('set');
});

it('says what going back costs', () => {
  expect(rollbackInWords(status({}))).toContain('loses nothing');
  expect(rollbackInWords(status({ rollbackSafe: false }))).toContain('not safe');
  expect(rollbackInWords(status({ phase: 'monolith' }))).toBe('it is in the monolith');
});

it('says why it does not know how long it takes', () => {
  expect(leftInWords(status({ etaUnknown: 'nobody answers' }))).toBe('nobody answers');
  expect(leftInWords(status({ etaSeconds: 90 }))).toBe('about 1 min 30 s left');
  expect(leftInWords(status({ etaSeconds: 0 }))).toBe('it is where it is to be');
});

it('says once who leads, where it is the same process for all', () => {
  const led = (by: (string | null)[]) =>
    leadersInWords({ leaders: by.map((process, i) => ({ module: `m${i}`, process })) });
  expect(led(['process 7', 'process 7'])).toBe('led by process 7');
  expect(led(['process 7', null, 'process 7'])).toBe('m0, m2 led by process 7; m1 led by nobody');
});

it('says where a database is, and that nobody has said so', () => {
  expect(addressInWords('db:5432/shop', 'app')).toBe('db:5432/shop as app');
  expect(addressInWords('db:5432/shop', null)).toBe('db:5432/shop');
  expect(addressInWords(null, null)).toContain('nobody has said');
});

it('says where the requests of a route go, and where they are to go', () => {
  const route = (percent: number, wanted = percent, of: Partial<RouteStatus> = {}) =>
    routeInWords({
      ...{ percent, phase: 'shifting', wanted: { percent: wanted, by: 'operator' }, cohorts: [] },
      ...of,
    } as unknown as RouteStatus);
  const cohorts = [{ header: 'x-group', equals: 'beta' }];
  expect(route(0)).toBe('at legacy');
  expect(route(100)).toBe('at new');
  expect(route(5, 100)).toBe('5 % of the readers at new; wanted 100 %');
  expect(route(0, 0, { cohorts })).toBe('at legacy, and its cohorts at new');
  expect(route(0, 0, { cohorts, phase: 'legacy' })).toBe('at legacy');
});

it('says which webhooks are not told', () => {
  const hook = (name: string, state: WebhookView['state'], waiting: number) =>
    ({ name, state, waiting }) as WebhookView;
  expect(webhooksInWords([hook('chat', 'up', 0)])).toBe('Webhooks: 1, all told');
  expect(webhooksInWords([hook('chat', 'up', 0), hook('pager', 'failing', 3)])).toBe(
    'Webhooks: 2, pager failing, 3 waiting',
  );
});

it('tells first what holds a module up, and last what passes by itself', () => {
  const finding = (problem: string, of: Partial<Finding>) => ({ problem, module: null, ...of }) as Finding;
  const told = urgentFirst([
    finding('it copies', { module: 'parcels', byItself: true }),
    finding('an old server', {}),
    finding('no service', { module: 'parcels' }),
    finding('behind', { module: 'sessions' }),
  ]);
  expect(told.map(({ problem }) => problem)).toEqual(['no service', 'behind', 'an old server', 'it copies']);
});

it.each([
  ['npm run -s strangler -- resume stock', 'Resume'],
  ['npx strangler run stock --write', 'Run'],
])('%s has a button, %s', (command, label) => {
  expect(onwardInWords(command)).toBe(label);
});
