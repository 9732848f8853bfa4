import { samplesText, valueText, verdictText } from '../../src/cli/text/gates.js';
import type { GateView, ModuleStatus, SettingView } from '../../src/control/terms/views.js';
import { age } from './format.js';
import { gateMeanings } from './gate-words.js';
import { settingMeanings } from './setting-words.js';
import { Table, type Column } from './table.js';

const gateColumns: readonly Column<GateView>[] = [
  { title: 'gate', of: ({ name }) => <span title={gateMeanings[name]}>{name}</span> },
  { title: 'value', of: ({ name, value }) => valueText(name, value), isFigure: true },
  { title: 'limit', of: ({ name, limit }) => valueText(name, limit), isFigure: true },
  { title: 'evidence', of: samplesText },
  { title: 'state', of: (gate) => <span class="state">{verdictText(gate)}</span> },
  { title: 'for', of: ({ sinceMs }) => (sinceMs === undefined ? '' : age(sinceMs)) },
];

const settingColumns: readonly Column<SettingView>[] = [
  { title: 'setting', of: ({ key }) => key },
  { title: 'value', of: ({ value }) => <code>{JSON.stringify(value)}</code> },
  { title: 'from', of: ({ from }) => from },
  { title: 'what it is', of: ({ key }) => settingMeanings[key] },
];

/** What the next step waits for, or breaks at. */
export const GateRows = ({ gates }: { gates: readonly GateView[] }) =>
  gates.length === 0 ? (
    <p>No step waits, so no gate is measured.</p>
  ) : (
    <Table rows={gates} columns={gateColumns} keyOf={({ name }) => name} classOf={({ state }) => state} />
  );

/** The same of a module, and how it is moved. */
export const Gates = ({ status: { gates, settings } }: { status: ModuleStatus }) => (
  <>
    <GateRows gates={gates} />
    <details>
      <summary>Settings in force</summary>
      <Table rows={settings} columns={settingColumns} keyOf={({ key }) => key} />
    </details>
  </>
);
