import { duration } from '../../src/cli/text/figures.js';
import type { ModuleStatus } from '../../src/control/terms/views.js';
import { phases, type Phase } from '../../src/routes/phase.js';
import { Copied } from './copied.js';
import { age, percent, shareDone } from './format.js';
import { goalInWords, leftInWords, onwardInWords, sharesInWords, sideInWords } from './words.js';

/** Where one module stands, at a glance. */
export function ModuleCard({
  status,
  isChosen,
  onChoose,
}: {
  status: ModuleStatus;
  isChosen: boolean;
  onChoose: () => void;
}) {
  const { module, phase, health, paused, degraded } = status;
  const goal = goalInWords(status);
  return (
    <article class={`card${isChosen ? ' chosen' : ''}`} data-module={module}>
      <h2>
        <button class="title" aria-pressed={isChosen} onClick={onChoose}>
          {module}
        </button>
        <span class={`lamp ${health}`}>{health}</span>
        {paused && <span class="lamp paused">paused</span>}
        {degraded && <span class="lamp degraded">copy is behind</span>}
        {status.phaseSinceMs !== undefined && (
          <small class="age">
            {phase} for {age(status.phaseSinceMs)}
          </small>
        )}
      </h2>
      <Rail phase={phase} wanted={status.wanted.phase} />
      <div class="share">
        <Share percent={status.percent} wanted={status.wanted.percent} />
        <span>{sharesInWords(status)}</span>
      </div>
      {goal !== '' && (
        <p>
          → {goal}, {leftInWords(status)}
        </p>
      )}
      <Sides status={status} />
      <Service status={status} />
      <Step status={status} />
      <Wait status={status} />
    </article>
  );
}

function Rail({ phase, wanted }: { phase: Phase; wanted: Phase }) {
  const at = phases.indexOf(phase);
  return (
    <ol class="rail">
      {phases.map((each, place) => (
        <li
          key={each}
          class={place < at ? 'behind' : place === at ? 'present' : ''}
          aria-current={place === at ? 'step' : undefined}
        >
          {place < at ? '✓ ' : ''}
          {each}
          {each === wanted && each !== phase ? ' ⚑' : ''}
        </li>
      ))}
    </ol>
  );
}

/** Whether each side that is needed is there. */
function Sides({ status: { sides } }: { status: ModuleStatus }) {
  if (!sides.extracted) return null;
  return (
    <ul class="lamps" aria-label="Sides">
      {(['monolith', 'extracted'] as const).map((side) => {
        const view = sides[side];
        return (
          view && (
            <li key={side} class={`lamp ${view.healthy ? 'up' : 'down'}`}>
              {sideInWords(side)} {view.health}
            </li>
          )
        );
      })}
    </ul>
  );
}

/** What a module at home could move to. */
function Service({ status: { service } }: { status: ModuleStatus }) {
  if (!service) return null;
  const isThere = service.state === 'there';
  return (
    <>
      <ul class="lamps" aria-label="Service">
        <li class={`lamp ${isThere ? 'up' : 'quiet'}`}>
          {isThere ? 'its service is there' : 'no service: nothing to move to yet'}
        </li>
      </ul>
      {!isThere && service.start !== null && <Copied text={service.start} />}
    </>
  );
}

/** As wide as the share is, and never invisible; the mark is where it is to be. */
function Share({ percent: share, wanted }: { percent: number; wanted: number | null }) {
  return (
    <svg
      class="bar"
      role="img"
      aria-label={`${percent(share)} extracted`}
      viewBox="0 0 100 4"
      preserveAspectRatio="none"
    >
      <rect class="all" width="100" height="4" />
      <rect class="part" width={share} height="4" />
      {wanted !== null && wanted !== share && (
        <rect class="mark" x={Math.max(0, wanted - 0.4)} width="0.8" height="4" />
      )}
    </svg>
  );
}

/** What is done at this moment, with how far it is. */
function Step({ status: { transition, backfill, verify } }: { status: ModuleStatus }) {
  const works = [
    ...(backfill && backfill.done < backfill.total ? [{ name: 'backfill', ...backfill }] : []),
    ...(verify.running ? [{ name: 'verify', ...verify.running }] : []),
  ];
  return (
    <>
      {transition && (
        <p class="step">
          {transition.action}: {transition.step}, for {age(transition.sinceMs)}
        </p>
      )}
      {works.map(({ name, done, total, etaSeconds }) => (
        <p key={name} class="step">
          {name} <progress value={shareDone({ done, total })} max={100} />{' '}
          {percent(shareDone({ done, total }))}
          {etaSeconds === null ? '' : `, ${duration(etaSeconds)} left`}
        </p>
      ))}
    </>
  );
}

/** What it needs, what it has, what to do. */
function Wait({ status: { waiting, waitingFor, paused } }: { status: ModuleStatus }) {
  if (waitingFor === null) return null;
  if (!waiting) return <p class="wait">{waitingFor}</p>;
  const { needs, has, todo, command, sinceMs } = waiting;
  const isButton = paused && command !== null;
  return (
    <div class="wait">
      <dl>
        <dt>needs</dt>
        <dd>{needs}</dd>
        <dt>has</dt>
        <dd>
          {has} <small>for {age(sinceMs)}</small>
        </dd>
        <dt>to do</dt>
        <dd>{isButton ? `press ${onwardInWords(command)}, or:` : todo}</dd>
      </dl>
      {command && <Copied text={command} />}
    </div>
  );
}
