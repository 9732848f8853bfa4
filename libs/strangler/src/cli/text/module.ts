import type { ModuleStatus, ServiceView } from '../../control/terms/views.js';
import { bar } from './bar.js';
import { duration, milliseconds, number } from './figures.js';
import { joined, line, type Line } from './line.js';
import { workLines } from './moving.js';
import { phaseLine, wantedText } from './phase.js';
import { aligned, indented, table } from './table.js';

type SideName = keyof ModuleStatus['sides'];
type View = NonNullable<ModuleStatus['sides'][SideName]>;

/** All that is known of one module. */
export function moduleLines(status: ModuleStatus): Line[] {
  const work = workLines(status);
  return [
    joined([line(status.module, 'bold'), phaseLine(status), line(wantedText(status))]),
    ...indented(aligned(facts(status))),
    [],
    ...indented(sideLines(status)),
    ...(work.length > 0 ? [[], ...indented(work)] : []),
  ];
}

const serviceText = ({ state, start }: ServiceView): string =>
  state === 'there'
    ? 'is there'
    : `nobody answers: nothing to move to yet${start === null ? '' : `; start it: ${start}`}`;

function facts(status: ModuleStatus): Line[][] {
  const {
    ownership,
    wanted,
    percent,
    epoch,
    ack,
    degraded,
    paused,
    verify,
    backfill,
    rollbackSafe,
    ownerMigrations = [],
    service,
  } = status;
  return [
    ...(status.phaseSinceMs === undefined
      ? []
      : [fact(`in ${status.phase}`, line(`for ${duration(status.phaseSinceMs / 1_000)}`))]),
    fact('extracted', [...bar(percent / 100, 20, 'green'), { text: `  ${percent} %` }]),
    fact('steered by', line(wanted.by === 'file' ? 'strangler.yaml' : 'the operator')),
    fact('owned', line(`${ownership}, epoch ${epoch}, ack ${ack}`)),
    ...(service ? [fact('service', line(serviceText(service)))] : []),
    ...(degraded
      ? [fact('degraded', line('the other side does not confirm: writes wait in the outbox', 'red'))]
      : []),
    ...(paused ? [fact('paused', line('go on with "resume"', 'yellow'))] : []),
    ...leftFacts(status),
    fact('lag', line(milliseconds(status.lagMs))),
    ...(backfill && backfill.done >= backfill.total
      ? [fact('copied', line(`${number(backfill.total)} rows`))]
      : []),
    ...ownerMigrations.map((each) => fact('rows', line(rowsText(each), 'yellow'))),
    fact('verify', verifyLine(verify)),
    fact('shadow', line(shadowText(status.shadow))),
    fact('rollback', rollbackSafe ? line('loses nothing', 'green') : line('not safe now', 'red')),
  ];
}

const fact = (name: string, value: Line): Line[] => [line(name, 'dim'), value];

/** Until the whole way is over; nothing for a module that is where it is to be. */
function leftFacts({ etaSeconds, etaUnknown }: ModuleStatus): Line[][] {
  if (etaSeconds === 0) return [];
  if (etaSeconds === null) return etaUnknown === null ? [] : [fact('left', line(`not known: ${etaUnknown}`))];
  return [fact('left', line(`about ${duration(etaSeconds)}`))];
}

/** Probes and customers apart: the one says nothing of the other. */
function shadowText({
  compared,
  mismatches,
  unavailable,
  probes,
  customers,
}: ModuleStatus['shadow']): string {
  const of = `${number(probes.compared)} probes, ${number(customers.compared)} of customers`;
  const not = unavailable > 0 ? `, ${number(unavailable)} could not be compared` : '';
  return `${number(compared)} compared${compared > 0 ? `: ${of}` : ''}; ${number(mismatches)} mismatches${not}`;
}

/** Of a change of rows by their owner. */
function rowsText({
  side,
  name,
  changed,
  looked,
  total,
  sinceMs,
  waitsFor,
}: NonNullable<ModuleStatus['ownerMigrations']>[number]): string {
  const pass = `${number(looked)} of about ${number(total)} read in this pass`;
  const waits = waitsFor === null ? '' : `; waits for ${waitsFor}`;
  return `"${name}" on ${side}: ${number(changed)} changed, ${pass}, for ${duration(sinceMs / 1_000)}${waits}`;
}

function verifyLine({ checkedAt, rows, differences }: ModuleStatus['verify']): Line {
  if (checkedAt === null) return line('not yet', 'dim');
  const text = `${number(rows)} rows, ${number(differences)} differences, ${checkedAt}`;
  return line(text, differences > 0 ? 'red' : 'green');
}

const columns = [
  { title: 'SIDE' },
  { title: 'HEALTH' },
  ...['CALLS', 'ERRORS', 'P50', 'P99', 'LAG', 'PENDING', 'QUARANTINED'].map((title) => ({
    title,
    align: 'right' as const,
  })),
];

function sideLines({ sides }: ModuleStatus): Line[] {
  const rows = (Object.keys(sides) as SideName[]).map((side) => [line(side), ...sideCells(sides[side])]);
  return table(columns, rows);
}

const sideCells = (view: View | null): Line[] =>
  view === null
    ? [line('not needed', 'dim')]
    : [
        line(view.health, view.healthy ? 'green' : 'red'),
        line(number(view.calls)),
        line(number(view.errors), view.errors > 0 ? 'red' : undefined),
        line(milliseconds(view.p50Ms)),
        line(milliseconds(view.p99Ms)),
        line(milliseconds(view.lagMs)),
        line(number(view.pending)),
        line(number(view.quarantined), view.quarantined > 0 ? 'red' : undefined),
      ];
