import { useCallback, useEffect, useState } from 'preact/hooks';
import type { HistoryEntry, ModuleStatus } from '../../src/control/terms/views.js';
import type { SessionView } from '../../src/operate/page/session.controller.js';
import { ActionDialog } from './action-dialog.js';
import { Actions } from './actions.js';
import { get, lacking, logOut } from './api.js';
import { Charts } from './charts.js';
import { pause, rare, resume, rollback, steps, type VerbButton } from './verb-buttons.js';
import { Doctor } from './doctor.js';
import { Gates } from './gates.js';
import { EdgeBoard } from './edge-board.js';
import { EdgeRoutes } from './edge-routes.js';
import { Head } from './head.js';
import { Events } from './events.js';
import { Mismatches, Quarantined, Sagas } from './lists.js';
import { listen } from './live.js';
import { LogIn } from './log-in.js';
import { ModuleCard } from './module-card.js';
import { Palette, type Target } from './palette.js';
import { settingInWords } from './setting-words.js';
import { moduleSubject } from './subject.js';
import { Tabs } from './tabs.js';
import { Timeline } from './timeline.js';
import { Verification } from './verification.js';
import { Webhooks } from './webhooks.js';

/** Who is there; `undefined`: it is asked just now. */
type Visitor = SessionView | null | undefined;

/** The page: who is there, and then where everything stands. */
export function App() {
  const [session, setSession] = useState<Visitor>(undefined);
  const [why, setWhy] = useState<string | null>(null);
  const look = useCallback(() => {
    get<SessionView>('session').then(
      (found) => setSession(found.actor === null ? null : found),
      (error: unknown) => {
        setWhy((error as Error).message);
        setSession(null);
      },
    );
  }, []);
  useEffect(look, []);
  if (session === undefined) return <main aria-busy="true" />;
  if (session === null) return <LogIn why={why} onDone={look} />;
  const end = (reason: string | null) => {
    setWhy(reason);
    setSession(null);
  };
  const Shown = session.modules === false ? EdgeBoard : Board;
  return <Shown session={session} onEnd={end} />;
}

const allTabs = [
  'Gates',
  'Timeline',
  'Verification',
  'Mismatches',
  'Quarantined',
  'Sagas',
  'Events',
  'Edge routes',
] as const;
type Tab = (typeof allTabs)[number];

/** Where nobody says where routes of the edge are moved, there is nothing to show of them. */
const tabsFor = ({ routes }: SessionView): readonly Tab[] =>
  allTabs.filter((tab) => tab !== 'Edge routes' || routes);

/** So many entries that have come are kept. */
const mostFresh = 500;
/** Nothing new for so long, in ms, and what is shown is old. */
const oldAfterMs = 5_000;

function Board({ session, onEnd }: { session: SessionView; onEnd: (why: string | null) => void }) {
  const [modules, setModules] = useState<readonly ModuleStatus[]>([]);
  const [fresh, setFresh] = useState<readonly HistoryEntry[]>([]);
  const [heard, setHeard] = useState({ at: performance.now(), why: 'the admin API does not answer' });
  /** How often the stream was opened. */
  const [opened, setOpened] = useState(0);
  const [now, setNow] = useState(performance.now());
  const [chosen, setChosen] = useState(() => decodeURIComponent(location.hash.slice(1)));
  const [tab, setTab] = useState<Tab>('Gates');
  const [verbButton, setVerbButton] = useState<{ module: string; verbButton: VerbButton } | null>(null);
  const [finding, setFinding] = useState(false);

  useEffect(
    () =>
      listen({
        status: (items) => {
          setModules(items);
          setHeard((before) => ({ ...before, at: performance.now() }));
        },
        entry: (entry) => setFresh((before) => [...before, entry].slice(-mostFresh)),
        opened: () => setOpened((before) => before + 1),
        failure: (reason) => setHeard((before) => ({ ...before, why: reason })),
        ended: () => onEnd('your session has ended: log in again'),
      }),
    [],
  );
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setFinding(true);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  const status = modules.find(({ module }) => module === chosen) ?? modules[0];
  const choose = (module: string) => {
    setChosen(module);
    history.replaceState(null, '', `#${encodeURIComponent(module)}`);
  };
  const mayAct = session.role === 'admin';
  const tabs = tabsFor(session);
  const begin = (module: string) => (what: VerbButton) => setVerbButton({ module, verbButton: what });
  const subject = verbButton && modules.find(({ module }) => module === verbButton.module);
  const isOld = now - heard.at > oldAfterMs;
  return (
    <>
      <Head
        session={session}
        oldSince={isOld ? heard : null}
        onLogOut={() => void logOut().finally(() => onEnd(null))}
        onPalette={() => setFinding(true)}
      />
      <main class="board">
        {lacking.size > 0 && (
          <p class="note" role="status">
            The admin API is of an older release: it has no {[...lacking].join(', ')}, so not all is shown
            here.
          </p>
        )}
        <Doctor mayAct={mayAct} onRepair={(module) => begin(module)(repair)} />
        <section class="cards" aria-label="Modules">
          {modules.map((each) => (
            <ModuleCard
              key={each.module}
              status={each}
              isChosen={each === status}
              onChoose={() => choose(each.module)}
            />
          ))}
        </section>
        {status && (
          <section class="module" aria-label={status.module}>
            <h2>{status.module}</h2>
            <Actions status={status} mayAct={mayAct} onVerb={begin(status.module)} />
            <Charts status={status} />
            <Tabs names={tabs} chosen={tab} onChoose={setTab}>
              <TabContent
                tab={tab}
                status={status}
                fresh={fresh}
                opened={opened}
                mayAct={mayAct}
                routes={session.routes ?? ''}
                onVerb={begin(status.module)}
              />
            </Tabs>
          </section>
        )}
        <Webhooks mayAct={mayAct} />
      </main>
      {verbButton && subject && (
        <ActionDialog
          subject={moduleSubject(subject)}
          verbButton={verbButton.verbButton}
          fresh={fresh}
          onClose={() => setVerbButton(null)}
        />
      )}
      {finding && (
        <Palette
          targets={targetsOf(modules, { choose, begin, setTab, tabs })}
          onClose={() => setFinding(false)}
        />
      )}
    </>
  );
}

const repair: VerbButton = {
  ...{ verb: 'doctor', label: 'Repair', parameters: { repair: true } },
  meaning: 'What doctor has found is freed, where that takes no decision.',
};

function TabContent({
  tab,
  status,
  fresh,
  opened,
  routes,
  ...rest
}: {
  tab: Tab;
  status: ModuleStatus;
  fresh: readonly HistoryEntry[];
  opened: number;
  mayAct: boolean;
  routes: string;
  onVerb: (verbButton: VerbButton) => void;
}) {
  const of = { module: status.module, ...rest };
  switch (tab) {
    case 'Gates':
      return <Gates status={status} />;
    case 'Timeline':
      return (
        <Timeline
          module={status.module}
          fresh={fresh.filter(({ module }) => module === status.module)}
          opened={opened}
        />
      );
    case 'Verification':
      return <Verification status={status} />;
    case 'Mismatches':
      return <Mismatches {...of} />;
    case 'Quarantined':
      return <Quarantined {...of} />;
    case 'Sagas':
      return <Sagas {...of} />;
    case 'Events':
      return <Events {...of} />;
    case 'Edge routes':
      return <EdgeRoutes routes={routes} mayAct={rest.mayAct} />;
  }
}

/** What the palette finds. */
function targetsOf(
  modules: readonly ModuleStatus[],
  {
    choose,
    begin,
    setTab,
    tabs,
  }: {
    choose: (module: string) => void;
    begin: (module: string) => (verbButton: VerbButton) => void;
    setTab: (tab: Tab) => void;
    tabs: readonly Tab[];
  },
): Target[] {
  const verbs = [...steps, pause, resume, rollback, ...rare];
  return modules.flatMap(({ module, settings }) => {
    const show = (tab: Tab) => () => {
      choose(module);
      setTab(tab);
    };
    return [
      { text: module, go: () => choose(module) },
      ...verbs.map((verbButton) => ({
        text: `${module}: ${verbButton.label}`,
        go: () => begin(module)(verbButton),
      })),
      ...tabs.map((tab) => ({ text: `${module}: ${tab}`, go: show(tab) })),
      ...settings.map((setting) => ({
        text: `${module}: ${settingInWords(setting)}`,
        go: show('Gates'),
      })),
    ];
  });
}
