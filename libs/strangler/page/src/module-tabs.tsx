import type { HistoryEntry, ModuleStatus } from '../../src/control/terms/views.js';
import type { SessionView } from '../../src/operate/page/session.controller.js';
import { EdgeRoutes } from './edge-routes.js';
import { Events } from './events.js';
import { Gates } from './gates.js';
import { Mismatches, Quarantined, Sagas } from './lists.js';
import { Timeline } from './timeline.js';
import type { VerbButton } from './verb-buttons.js';
import { Verification } from './verification.js';

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
export type Tab = (typeof allTabs)[number];

/** Where nobody says where routes of the edge are moved, there is nothing to show of them. */
export const tabsFor = ({ routes }: SessionView): readonly Tab[] =>
  allTabs.filter((tab) => tab !== 'Edge routes' || routes);

/** What a tab shows of a module. */
export function TabContent({
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
