import { useEffect, useState } from 'preact/hooks';
import type { HistoryEntry, ModuleStatus } from '../../src/control/terms/views.js';
import { ActionDialog } from './action-dialog.js';
import { Actions } from './actions.js';
import { lacking } from './api.js';
import { Charts } from './charts.js';
import { Doctor } from './doctor.js';
import { Head } from './head.js';
import { listen } from './live.js';
import { ModuleCard } from './module-card.js';
import { TabContent, tabsFor, type Tab } from './module-tabs.js';
import type { OfSession } from './of-session.js';
import { targetsOf } from './palette-targets.js';
import { Palette } from './palette.js';
import { moduleSubject } from './subject.js';
import { Tabs } from './tabs.js';
import type { VerbButton } from './verb-buttons.js';
import { Webhooks } from './webhooks.js';

/** So many entries that have come are kept. */
const mostFresh = 500;
/** Nothing new for so long, in ms, and what is shown is old. */
const oldAfterMs = 5_000;

/** Where all modules stand, and all that can be done with them. */
export function Board({ session, onLogOut, onEnded }: OfSession) {
  const [modules, setModules] = useState<readonly ModuleStatus[]>([]);
  const [fresh, setFresh] = useState<readonly HistoryEntry[]>([]);
  const [heard, setHeard] = useState({ at: performance.now(), why: 'the admin API does not answer' });
  /** How often the stream was opened. */
  const [opened, setOpened] = useState(0);
  const [now, setNow] = useState(performance.now());
  const [chosen, setChosen] = useState(() => decodeURIComponent(location.hash.slice(1)));
  const [tab, setTab] = useState<Tab>('Gates');
  const [asked, setAsked] = useState<{ module: string; verbButton: VerbButton } | null>(null);
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
        ended: onEnded,
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
  const begin = (module: string) => (verbButton: VerbButton) => setAsked({ module, verbButton });
  const subject = asked && modules.find(({ module }) => module === asked.module);
  /** Another one with each entry, and each time that the stream is opened. */
  const news = opened + (fresh.at(-1)?.id ?? 0);
  const isOld = now - heard.at > oldAfterMs;
  return (
    <>
      <Head
        session={session}
        heard={news}
        oldSince={isOld ? heard : null}
        onLogOut={onLogOut}
        onPalette={() => setFinding(true)}
      />
      <main class="board">
        {lacking.size > 0 && (
          <p class="note" role="status">
            The admin API is of an older release: it has no {[...lacking].join(', ')}, so not all is shown
            here.
          </p>
        )}
        <Doctor mayAct={mayAct} heard={news} onRepair={(module) => begin(module)(repair)} />
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
            <Charts status={status} opened={opened} />
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
      {asked && subject && (
        <ActionDialog
          // The palette may choose another verb over it: what was typed and read for the first says nothing of that.
          key={`${asked.module} ${asked.verbButton.label}`}
          subject={moduleSubject(subject)}
          verbButton={asked.verbButton}
          fresh={fresh}
          onClose={() => setAsked(null)}
        />
      )}
      {finding && (
        <Palette
          targets={targetsOf(modules, { choose, begin, setTab, tabs, mayAct })}
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
