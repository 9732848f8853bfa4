import { duration, number } from '../../src/cli/text/figures.js';
import type { ProcessStatus } from '../../src/control/terms/process-status.js';
import type { Finding, ModuleStatus, WebhookView } from '../../src/control/terms/views.js';
import type { RouteStatus } from '../../src/operate/route-views.js';
import type { Side } from '../../src/routes/phase.js';
import { percent } from './format.js';

/** What the page says of a module. Pure. */

/** Where it is to go; empty: it is there. */
export function goalInWords({ wanted, phase, percent: share }: ModuleStatus): string {
  const isThere = wanted.phase === phase && (wanted.percent === null || wanted.percent === share);
  if (isThere) return '';
  return `${wanted.phase}${wanted.percent === null ? '' : ` at ${percent(wanted.percent)}`}`;
}

/** What going back costs. */
export function rollbackInWords({ phase, rollbackSafe, transition }: ModuleStatus): string {
  if (phase === 'monolith') return 'it is in the monolith';
  if (phase === 'decommissioned') return 'the monolith has no copy any more';
  if (!rollbackSafe) return 'not safe now: the plan says why';
  return transition ? 'once the step under way has ended; loses nothing' : 'some 3 s, loses nothing';
}

/** Until all of the way is over. What it waits for is told beside it. */
export function leftInWords({ etaSeconds, etaUnknown, waiting }: ModuleStatus): string {
  if (etaSeconds === 0) return 'it is where it is to be';
  if (etaSeconds !== null) return `about ${duration(etaSeconds)} left`;
  return waiting ? 'once it has what it needs' : (etaUnknown ?? 'not known yet when');
}

/** The button that does what the command of a paused module does. */
export const onwardInWords = (command: string): string =>
  /strangler (?:-- )?run /.test(command) ? 'Run' : 'Resume';

/** Which share is meant where the module is on its way. */
export const sharesInWords = ({ percent: share, wanted }: ModuleStatus): string => {
  const asked = wanted.percent === null || wanted.percent === share ? '' : `, set ${percent(wanted.percent)}`;
  return `${percent(share)} of the keys extracted${asked}`;
};

/** Where a database is, and as whom it is used. */
export const addressInWords = (address: string | null, role: string | null): string =>
  address === null ? 'where it is, nobody has said' : `${address}${role === null ? '' : ` as ${role}`}`;

/** Which processes move the modules: one name where it is one for all. */
export function leadersInWords({ leaders }: Pick<ProcessStatus, 'leaders'>): string {
  const names = [...new Set(leaders.map(({ process }) => process ?? 'nobody'))];
  if (names.length === 1) return `led by ${names[0]}`;
  const led = (name: string) => leaders.filter(({ process }) => (process ?? 'nobody') === name);
  return names
    .map(
      (name) =>
        `${led(name)
          .map(({ module }) => module)
          .join(', ')} led by ${name}`,
    )
    .join('; ');
}

/** What holds a module up stands first, and what passes by itself last. */
export const urgentFirst = (findings: readonly Finding[]): Finding[] => {
  const rank = ({ module, byItself }: Finding) => (byItself ? 2 : module === null ? 1 : 0);
  return [...findings].sort((a, b) => rank(a) - rank(b));
};

/** The part of the system that answers for a side. */
export const sideInWords = (side: Side): string => (side === 'monolith' ? 'monolith' : 'service');

/** Where the requests of a route go, and where they are to go. */
export function routeInWords({ percent: share, phase, wanted, cohorts }: RouteStatus): string {
  const side =
    share === 0 ? 'at legacy' : share === 100 ? 'at new' : `${percent(share)} of the readers at new`;
  const also = phase === 'shifting' && share < 100 && cohorts.length > 0 ? ', and its cohorts at new' : '';
  return wanted.percent === share ? side + also : `${side}${also}; wanted ${percent(wanted.percent)}`;
}

/** How many receivers of history entries there are, and whether all is well. */
export function webhooksInWords(list: readonly WebhookView[]): string {
  const bad = list.filter(({ state }) => state !== 'up').map(({ name, state }) => `${name} ${state}`);
  const waiting = list.reduce((sum, each) => sum + each.waiting, 0);
  const all = `Webhooks: ${number(list.length)}`;
  return bad.length === 0 && waiting === 0
    ? `${all}, all told`
    : [all, ...bad, `${number(waiting)} waiting`].join(', ');
}
