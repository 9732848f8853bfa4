import type { ProcessStatus } from '../../src/control/terms/process-status.js';
import type { SessionView } from '../../src/operate/page/session.controller.js';
import { Account } from './account.js';
import { age } from './format.js';
import { useAnswer } from './use-answer.js';
import { addressInWords, leadersInWords } from './words.js';

const everyMs = 5_000;

/** Which application this is, what it stands on, and who looks at it. `oldSince`: when something new was heard last, by `performance.now()`; null: all is new. */
export function Head({
  session,
  heard,
  oldSince,
  onLogOut,
  onPalette,
}: {
  session: SessionView;
  /** Changes with whatever happens: then it is asked anew. */
  heard: number;
  oldSince: { at: number; why: string } | null;
  onLogOut: () => void;
  onPalette: () => void;
}) {
  const { answer: process } = useAnswer<ProcessStatus>('process', everyMs, heard);
  return (
    <header>
      <h1>{process?.namespace ?? process?.name ?? 'strangler'}</h1>
      {process?.environment && <span class="badge">{process.environment}</span>}
      {process?.version && <small>{process.version}</small>}
      {process && <small>{leadersInWords(process)}</small>}
      <span class="spacer" />
      <button type="button" class="small" onClick={onPalette}>
        Find <kbd>Ctrl K</kbd>
      </button>
      <Account {...{ session, onLogOut }} />
      {process && <Lamps process={process} />}
      {process?.file.problem && (
        <p class="banner" role="alert">
          {process.file.problem}; the last good one is in force.
        </p>
      )}
      {oldSince && (
        <p class="banner" role="status">
          What is shown is old, {age(performance.now() - oldSince.at)} by now: {oldSince.why}.
        </p>
      )}
    </header>
  );
}

/** What it works with: whether it is there, where, and as whom it is used. */
function Lamps({ process: { nats, databases, file } }: { process: ProcessStatus }) {
  return (
    <ul class="lamps" aria-label="Servers and file">
      <li>
        <span class={`lamp ${natsLamps[nats.state]}`}>NATS {nats.state}</span> {nats.server}
      </li>
      {databases.map(({ side, module, address, role, state }) => (
        <li key={`${side} ${module}`}>
          <span class={`lamp ${databaseLamps[state]}`}>
            database of {module ?? `the ${side}`} {state}
          </span>{' '}
          {addressInWords(address, role)}
        </li>
      ))}
      <li>
        <span class={`lamp ${fileLamps[file.state]}`}>file {file.state}</span> {file.path}
      </li>
    </ul>
  );
}

const natsLamps = { connected: 'up', lost: 'down', none: 'quiet' } as const;
const databaseLamps = { up: 'up', down: 'down', 'not known': 'quiet' } as const;
const fileLamps = { 'in force': 'up', refused: 'down', none: 'quiet' } as const;
