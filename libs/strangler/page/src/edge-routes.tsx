import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { number } from '../../src/cli/text/figures.js';
import type {
  RouteHistoryEntry,
  RouteMismatch,
  RouteStatus,
  UpstreamView,
} from '../../src/operate/route-views.js';
import { ActionDialog } from './action-dialog.js';
import { percent, time } from './format.js';
import { GateRows } from './gates.js';
import { Shown } from './shown.js';
import {
  routeBack,
  routePause,
  routeRare,
  routeResume,
  routeSteps,
  type RouteButton,
} from './route-buttons.js';
import { routeSubject } from './subject.js';
import { Scrolled, Table, type Column } from './table.js';
import { useList } from './use-answer.js';
import { VerbBar } from './verb-bar.js';
import { routeInWords } from './words.js';

const everyMs = 2_000;

/** Where the routes of the edge are moved: at this listener, or at another one, to which it leads. */
export const EdgeRoutes = ({ routes, mayAct }: { routes: string; mayAct: boolean }) =>
  routes === 'here' ? (
    <Routes mayAct={mayAct} />
  ) : (
    <p>
      A gateway moves them, on its own page, while it runs: <a href={routes}>{routes}</a>. Its listener
      answers to its own machine alone: from elsewhere, forward its port.
    </p>
  );

function Routes({ mayAct }: { mayAct: boolean }) {
  const { list, problem } = useList<RouteStatus>('routes', everyMs);
  const [asked, setAsked] = useState<{ route: string; verbButton: RouteButton } | null>(null);
  const subject = list?.find(({ route }) => route === asked?.route);
  return (
    <>
      {problem && <p role="alert">What is shown is old: {problem}.</p>}
      {list?.length === 0 && (
        <p>
          There is no route of the edge: <code>edge:</code> of <code>strangler.yaml</code> names them.
        </p>
      )}
      <section class="cards" aria-label="Edge routes" aria-busy={!list}>
        {list?.map((status) => (
          <RouteCard
            key={status.route}
            status={status}
            mayAct={mayAct}
            onVerb={(verbButton) => setAsked({ route: status.route, verbButton })}
          />
        ))}
      </section>
      {asked && subject && (
        <ActionDialog
          subject={routeSubject(subject)}
          verbButton={asked.verbButton}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}

/** Where one route stands, and what can be done with it. */
function RouteCard({
  status,
  mayAct,
  onVerb,
}: {
  status: RouteStatus;
  mayAct: boolean;
  onVerb: (verbButton: RouteButton) => void;
}) {
  const { route, phase, paused, waitingFor, notes, steeredBy, gates } = status;
  const path = `routes/${encodeURIComponent(route)}`;
  return (
    <article class="card" data-route={route}>
      <h2>
        {route} <span class="lamp">{phase}</span>
        {paused && <span class="lamp paused">paused</span>}
      </h2>
      <progress
        class="bar"
        value={status.percent}
        max={100}
        aria-label={`${percent(status.percent)} at new`}
      />
      <p class="share">{routeInWords(status)}</p>
      <p class="share">{steeredBy === null ? 'operators steer it' : `${steeredBy} steers it`}</p>
      {waitingFor !== null && <p class="wait">{waitingFor}</p>}
      {notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      <VerbBar
        {...{ mayAct, onVerb }}
        name={route}
        steps={[...routeSteps, paused ? routeResume : routePause]}
        back={routeBack}
        rare={routeRare}
        isAway={status.percent > 0}
      />
      <Opened title="Upstreams and gates">
        <Scrolled label={`Upstreams of ${route}`}>
          <Table
            rows={(['legacy', 'new'] as const).map((name) => ({ name, ...status.upstreams[name] }))}
            columns={upstreamColumns}
            keyOf={({ name }) => name}
          />
          <GateRows gates={gates} />
        </Scrolled>
      </Opened>
      <Opened title="Mismatches">
        <Shown<RouteMismatch> path={`${path}/mismatches`} none="No answers have differed.">
          {(list) => (
            <Scrolled label={`Mismatches of ${route}`}>
              <Table
                rows={list.flatMap(({ differences, ...of }) =>
                  differences.map((each) => ({ ...of, ...each })),
                )}
                columns={mismatchColumns}
                keyOf={({ at, path: field }) => `${at} ${field}`}
              />
            </Scrolled>
          )}
        </Shown>
      </Opened>
      <Opened title="History">
        <Shown<RouteHistoryEntry> path={`${path}/history`} none="Nothing has happened yet.">
          {(list) => (
            <Scrolled label={`History of ${route}`}>
              <Table rows={list} columns={historyColumns} keyOf={({ id }) => String(id)} />
            </Scrolled>
          )}
        </Shown>
      </Opened>
    </article>
  );
}

/** What is asked for only once somebody wants to see it. */
function Opened({ title, children }: { title: string; children: ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {isOpen && children}
    </details>
  );
}

const milliseconds = (ms: number | null): string => (ms === null ? '–' : `${number(Math.round(ms))} ms`);

const upstreamColumns: readonly Column<UpstreamView & { name: string }>[] = [
  { title: 'upstream', of: ({ name }) => name },
  { title: 'copies', of: ({ copies }) => copies.join(' ') },
  { title: 'calls', of: ({ calls }) => number(calls), isFigure: true },
  { title: 'errors', of: ({ errors }) => number(errors), isFigure: true },
  { title: 'p50', of: ({ p50Ms }) => milliseconds(p50Ms), isFigure: true },
  { title: 'p99', of: ({ p99Ms }) => milliseconds(p99Ms), isFigure: true },
];

const mismatchColumns: readonly Column<
  Omit<RouteMismatch, 'differences'> & RouteMismatch['differences'][number]
>[] = [
  { title: 'when', of: ({ at }) => time(at) },
  { title: 'request', of: ({ operation }) => operation },
  { title: 'field', of: ({ path }) => path },
  { title: 'legacy', of: (each) => String(each.legacy) },
  { title: 'new', of: (each) => String(each.new) },
];

const historyColumns: readonly Column<RouteHistoryEntry>[] = [
  { title: 'when', of: ({ at }) => time(at) },
  { title: 'who', of: ({ actor }) => actor },
  { title: 'what', of: ({ action, outcome }) => `${action} ${outcome}` },
  { title: 'share', of: ({ from, to }) => (from === to ? percent(to) : `${percent(from)} → ${percent(to)}`) },
  { title: 'why', of: ({ reason }) => reason },
];
