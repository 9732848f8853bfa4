import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { number } from '../../src/cli/text/figures.js';
import type { ModuleStatus } from '../../src/control/terms/views.js';
import { get } from './api.js';
import { chartsOf, inSeconds, pauseCounts, type Chart, type Line, type Series } from './series.js';

const ranges = [
  { label: '15 min', minutes: 15 },
  { label: '1 h', minutes: 60 },
  { label: '6 h', minutes: 360 },
  { label: '24 h', minutes: 1_440 },
];
/** Once a step: a whole day is much to add up. */
const everyMs = (minutes: number): number => Math.ceil(minutes / 25) * 10_000;

/** How the module has done, on one axis of time. */
export function Charts({ status }: { status: ModuleStatus }) {
  const { module } = status;
  const [minutes, setMinutes] = useState(15);
  const [series, setSeries] = useState<Series | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let isCurrent = true;
    const look = () =>
      void get<Series>(`modules/${encodeURIComponent(module)}/series?minutes=${minutes}`).then(
        (read) => {
          if (!isCurrent) return;
          setSeries(read);
          setProblem(null);
        },
        (error: unknown) => isCurrent && setProblem((error as Error).message),
      );
    setSeries(null);
    look();
    const timer = setInterval(look, everyMs(minutes));
    return () => {
      isCurrent = false;
      clearInterval(timer);
    };
  }, [module, minutes]);
  return (
    <section aria-label="Over time">
      <div class="ranges" role="group" aria-label="How much of the past">
        {ranges.map((each) => (
          <button
            key={each.label}
            type="button"
            aria-pressed={each.minutes === minutes}
            onClick={() => setMinutes(each.minutes)}
          >
            {each.label}
          </button>
        ))}
      </div>
      {problem && <p role="alert">{problem}</p>}
      {series && (
        <div class="charts">
          {chartsOf(series, p99RatioOf(status)).map((chart) => (
            <Drawn key={chart.title} chart={chart} series={series} />
          ))}
          <Pauses series={series} />
        </div>
      )}
    </section>
  );
}

/** How many times as slow as the old side the new one may be. */
function p99RatioOf({ settings }: ModuleStatus): number | null {
  const ratio = settings.find(({ key }) => key === 'gates.p99Ratio')?.value;
  return typeof ratio === 'number' ? ratio : null;
}

function Drawn({ chart, series }: { chart: Chart; series: Series }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const element = place.current!;
    plot.current = new uPlot(
      optionsFor(chart, () => latest.current, element.clientWidth),
      dataOf(chart, series),
      element,
    );
    const sized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    sized.observe(element);
    return () => {
      sized.disconnect();
      plot.current?.destroy();
    };
  }, [series.stepSeconds]);
  const latest = useRef(series);
  latest.current = series;
  useEffect(() => plot.current?.setData(dataOf(chart, series)), [series]);
  const last = (line: Line) => line.values.findLast((value) => value !== null);
  return (
    <figure>
      <figcaption>
        {chart.title} <small>{chart.unit}</small>
        {chart.lines.map((line) => (
          <span key={line.label} class={`line ${line.tone}`}>
            {line.label} {last(line) == null ? '–' : number(last(line)!)}
          </span>
        ))}
      </figcaption>
      <div ref={place} role="img" aria-label={`${chart.title}, ${chart.unit}`} />
    </figure>
  );
}

const height = 120;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

const dataOf = ({ lines }: Chart, { at }: Series): uPlot.AlignedData =>
  [[...at], ...lines.map(({ values }) => [...values])] as uPlot.AlignedData;

const color = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function optionsFor({ lines }: Chart, series: () => Series, width: number): uPlot.Options {
  const axis = { stroke: color('--quiet'), grid: { stroke: color('--line'), width: 1 } };
  const times = (_: uPlot, at: number[]) => at.map((each) => clock.format(each * 1_000));
  return {
    ...{ width: Math.max(200, width), height },
    legend: { show: false },
    // All charts of the page point at the same moment, and zoom together.
    cursor: { sync: { key: 'time' }, drag: { x: true, y: false } },
    axes: [
      { ...axis, values: times },
      {
        ...axis,
        size: 50,
        values: (_: uPlot, values: number[]) => values.map((each) => each.toLocaleString()),
      },
    ],
    series: [{}, ...lines.map(drawnAs)],
    hooks: { drawClear: [(plot) => drawPhases(plot, series())] },
  };
}

/** What is there now and then stands as points: a line between them would say what nobody has measured. */
const drawnAs = ({ label, tone, sparse = false, dashed = false }: Line): uPlot.Series => ({
  ...{ label, stroke: color(`--${tone}`), width: sparse ? 0 : 1.5, spanGaps: false },
  ...(dashed && { dash: [4, 4] }),
  points: { show: sparse, size: 6, fill: color(`--${tone}`) },
});

/** Bands of the phases, and a mark for each hand-off, behind the lines. */
function drawPhases(plot: uPlot, { phases, handOffs }: Series): void {
  const { ctx, bbox } = plot;
  const xOf = (at: string) => plot.valToPos(inSeconds(at), 'x', true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { from, until, phase } of phases) {
    const tone = color(`--phase-${phase}`);
    if (tone === '') continue;
    ctx.fillStyle = tone;
    ctx.fillRect(xOf(from), bbox.top, xOf(until) - xOf(from), bbox.height);
  }
  ctx.fillStyle = color('--mark');
  for (const { at } of handOffs) ctx.fillRect(xOf(at), bbox.top, devicePixelRatio, bbox.height);
  ctx.restore();
}

/** How long customers who write were held up, as a histogram. */
function Pauses({ series: { handOffs } }: { series: Series }) {
  const counts = pauseCounts(handOffs);
  const most = Math.max(...counts.map(({ count }) => count));
  if (most === 0) return null;
  return (
    <figure>
      <figcaption>
        Pauses by length <small>ms</small>
      </figcaption>
      <ul class="histogram">
        {counts.map(({ below, count }) => (
          <li key={below}>
            <meter value={count} max={most} /> {below === Infinity ? '≥ 1,000' : `< ${number(below)}`}:{' '}
            {number(count)}
          </li>
        ))}
      </ul>
    </figure>
  );
}
