import { samplesText, valueText } from '../../src/cli/text/gates.js';
import { age } from './format.js';
import type { GateView, ModuleStatus } from '../../src/control/terms/views.js';

const signs: Readonly<Record<GateView['state'], string>> = {
  pass: '✓ pass',
  hold: '… hold',
  fail: '✗ fail',
  'not applicable': '– not applicable',
};

/** What the next step waits for, or breaks at; and how the module is moved. */
export function Gates({ status: { gates, settings } }: { status: ModuleStatus }) {
  return (
    <>
      {gates.length === 0 ? (
        <p>No step is before it, so nothing is measured.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th>gate</th>
              <th class="figure">value</th>
              <th class="figure">limit</th>
              <th>evidence</th>
              <th>state</th>
              <th>for</th>
            </tr>
          </thead>
          <tbody>
            {gates.map((gate) => (
              <tr key={gate.name} class={gate.state}>
                <td>{gate.name}</td>
                <td class="figure">{valueText(gate.name, gate.value)}</td>
                <td class="figure">{valueText(gate.name, gate.limit)}</td>
                <td>{samplesText(gate)}</td>
                <td class="state">
                  {signs[gate.state]}
                  {gate.why === null ? '' : `: ${gate.why}`}
                </td>
                <td>{gate.sinceMs === undefined ? '' : age(gate.sinceMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <details>
        <summary>Settings in force</summary>
        <table>
          <thead>
            <tr>
              <th>setting</th>
              <th>value</th>
              <th>from</th>
            </tr>
          </thead>
          <tbody>
            {settings.map(({ key, value, from }) => (
              <tr key={key}>
                <td>{key}</td>
                <td>
                  <code>{JSON.stringify(value)}</code>
                </td>
                <td>{from}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}
