import type { RouteStatus, UpstreamView } from '../../operate/route-views.js';
import { bar } from './bar.js';
import { milliseconds, number } from './figures.js';
import { gateLines } from './gates.js';
import { joined, line, type Line } from './line.js';
import { aligned, indented, table } from './table.js';

/** Where the routes of the edge stand, one line each. */
export const routesOverview = (routes: readonly RouteStatus[]): Line[] =>
  table(
    [{ title: 'ROUTE' }, { title: 'PHASE', min: 13 }, { title: 'NEW' }, { title: '' }],
    routes.map((status) => [
      line(status.route, 'bold'),
      phaseOf(status),
      bar(status.percent / 100, 10, 'green'),
      joined([wantedOf(status), paused(status), line(status.waitingFor ?? '', 'dim')]),
    ]),
  );

const phaseOf = ({ phase, percent }: RouteStatus): Line =>
  phase === 'legacy' ? line('legacy', 'dim') : line(`shifting ${percent} %`, 'cyan');

const wantedOf = ({ percent, wanted }: RouteStatus): Line =>
  line(percent === wanted.percent ? '' : `→ ${wanted.percent} %`);

const paused = (status: RouteStatus): Line => line(status.paused ? 'PAUSED' : '', 'yellow');

/** All that is known of one route. */
export const routeLines = (status: RouteStatus): Line[] => [
  joined([line(status.route, 'bold'), phaseOf(status), wantedOf(status), paused(status)]),
  ...indented(aligned(facts(status))),
  [],
  ...indented(upstreams(status)),
  ...(status.gates.length > 0 ? [[], ...indented(gateLines(status.gates))] : []),
  ...status.notes.map((note) => line(note, 'dim')),
];

function facts(status: RouteStatus): Line[][] {
  const { percent, steeredBy, sharedStore, cohorts, shadow, waitingFor } = status;
  const shown = cohorts.map(({ header, equals }) => `${header}: ${equals}`).join(', ');
  return [
    ['new', [...bar(percent / 100, 20, 'green'), { text: `  ${percent} %` }]] as const,
    ['steered by', line(steeredBy ?? 'the operator')] as const,
    [
      'writes',
      line(sharedStore ? 'by the share: one store' : `at ${percent === 100 ? 'new' : 'legacy'}`),
    ] as const,
    ...(shown === '' ? [] : [['cohorts', line(shown)] as const]),
    ...(shadow.share > 0 ? [['shadow', line(shadowText(shadow))] as const] : []),
    ...(waitingFor === null ? [] : [['waits for', line(waitingFor, 'yellow')] as const]),
  ].map(([name, value]) => [line(name, 'dim'), value]);
}

const shadowText = ({ share, compared, mismatches, unavailable }: RouteStatus['shadow']): string =>
  `${share * 100} % of the GETs; ${number(compared)} compared; ${number(mismatches)} mismatches` +
  (unavailable > 0 ? `, ${number(unavailable)} could not be compared` : '');

const right = 'right' as const;

const upstreams = ({ upstreams: of }: RouteStatus): Line[] =>
  table(
    [
      ...['UPSTREAM', 'AT'].map((title) => ({ title })),
      ...['CALLS', 'ERRORS', 'P50', 'P99'].map((title) => ({ title, align: right })),
    ],
    (['legacy', 'new'] as const).map((name) => [line(name), ...cells(of[name])]),
  );

const cells = ({ copies, calls, errors, p50Ms, p99Ms }: UpstreamView): Line[] => [
  line(copies.join(', ')),
  line(number(calls)),
  line(number(errors), errors > 0 ? 'red' : undefined),
  line(milliseconds(p50Ms)),
  line(milliseconds(p99Ms)),
];
