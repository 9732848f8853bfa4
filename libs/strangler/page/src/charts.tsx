import { useState } from 'preact/hooks';
import { number } from '../../src/cli/text/figures.js';
import type { ModuleStatus } from '../../src/control/terms/views.js';
import { time } from './format.js';
import { pathOf } from './paths.js';
import { Plot } from './plot.js';
import { chartsOf, pauseCounts, type Series } from './series.js';
import { useAnswer, useLast } from './use-answer.js';
import { between, hasEarlier, moved, questionOf, type View } from './view.js';

const ranges = [
  { label: '15 min', minutes: 15 },
  { label: '1 h', minutes: 60 },
  { label: '6 h', minutes: 360 },
  { label: '24 h', minutes: 1_440 },
];
/** Once a step: a whole day is much to add up. */
const everyMs = (minutes: number): number => Math.ceil(minutes / 25) * 10_000;

/** How the module has done, on one axis of time. `opened`: how often the stream was; it is asked anew with each time. */
export function Charts({ status, opened }: { status: ModuleStatus; opened: number }) {
  const [view, setView] = useState<View>({ minutes: 15, until: null });
  /** Which step the mouse points at. */
  const [step, setStep] = useState<number | null>(null);
  const { series, isAsked, problem } = useSeries(status.module, view, opened);
  return (
    <section class="over-time" aria-label="Over time" aria-busy={isAsked}>
      <Range view={view} series={series} step={step} onView={setView} />
      {problem && <p role="alert">{problem}</p>}
      {series && (
        <div class="charts">
          {chartsOf(series, p99RatioOf(status)).map((chart) => (
            <Plot
              // What is drawn has as many lines as it began with.
              key={`${chart.title} ${chart.lines.length}`}
              {...{ chart, series, step }}
              onStep={setStep}
              onSelect={(from, to) => setView(between(from, to))}
            />
          ))}
          <Pauses series={series} />
          <small>
            What a process does within the transaction of its monolith is no call, and not counted here: of a
            module that only processes use there is nothing to be seen before it moves.
          </small>
        </div>
      )}
    </section>
  );
}

/** What is known of a part of the past; what still moves on is asked for again. `isAsked`: what was asked for last is not there yet. */
function useSeries(
  module: string,
  view: View,
  round: number,
): { series: Series | null; isAsked: boolean; problem: string | null } {
  const path = `${pathOf(module, 'series')}?${questionOf(view)}`;
  const { answer, problem } = useAnswer<Series>(
    path,
    view.until === null ? everyMs(view.minutes) : null,
    round,
  );
  const series = useLast(module, answer) ?? null;
  return { series, isAsked: !answer && !problem, problem };
}

/** Which part of the past is shown, and in what colors its phases stand. */
function Range({
  view,
  series,
  step,
  onView,
}: {
  view: View;
  series: Series | null;
  step: number | null;
  onView: (view: View) => void;
}) {
  const at = step === null ? undefined : series?.at[step];
  const phases = [...new Set(series?.phases.map(({ phase }) => phase))];
  return (
    <div class="ranges">
      <div role="group" aria-label="How much of the past">
        {ranges.map(({ label, minutes }) => (
          <button
            key={label}
            type="button"
            aria-pressed={view.until === null && minutes === view.minutes}
            onClick={() => onView({ minutes, until: null })}
          >
            {label}
          </button>
        ))}
        {(['earlier', 'later'] as const).map((by) => (
          <button
            key={by}
            type="button"
            disabled={by === 'later' ? view.until === null : !hasEarlier(view, +new Date())}
            onClick={() => onView(moved(view, by, +new Date()))}
          >
            {by}
          </button>
        ))}
      </div>
      <small>
        {series && `${time(series.from)} to ${time(series.until)}, ${number(series.stepSeconds)} s a step`}
        {at !== undefined && `; at ${time(at * 1_000)}`}
        {at === undefined && '; drag over a chart to look closer'}
      </small>
      <ul class="phases" aria-label="Colors of phases, and marks">
        {phases.map((phase) => (
          <li key={phase} class={phase}>
            {phase}
          </li>
        ))}
        {series && series.handOffs.length > 0 && <li class="hand-off">hand-off of keys</li>}
      </ul>
    </div>
  );
}

/** How many times as slow as the old side the new one may be. */
function p99RatioOf({ settings }: ModuleStatus): number | null {
  const ratio = settings.find(({ key }) => key === 'gates.p99Ratio')?.value;
  return typeof ratio === 'number' ? ratio : null;
}

/** How long customers who write were held up, as a histogram. */
function Pauses({ series: { handOffs } }: { series: Series }) {
  const counts = pauseCounts(handOffs);
  const most = Math.max(...counts.map(({ count }) => count));
  if (most === 0) return null;
  return (
    <figure>
      <figcaption>
        Pauses by length <small>hand-offs</small>
      </figcaption>
      <table class="histogram">
        <tbody>
          {counts.map(({ below, count }) => (
            <tr key={below}>
              <th scope="row">
                {below === Infinity ? `${number(1_000)} ms or more` : `below ${number(below)} ms`}
              </th>
              <td class="figure">{number(count)}</td>
              <td>
                <meter value={count} max={most} aria-hidden="true" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
