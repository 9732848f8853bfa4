import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { figure } from '../../src/cli/text/figures.js';
import { inSeconds, type Chart, type Line, type Series } from './series.js';

const height = 100;
const dark = matchMedia('(prefers-color-scheme: dark)');
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const exactClock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

interface PlotProps {
  chart: Chart;
  series: Series;
  /** The step whose figures are told; null: the last ones. */
  step: number | null;
  onStep: (step: number | null) => void;
  /** Somebody wants to look closer at what lies between, in s since 1970. */
  onSelect: (from: number, to: number) => void;
}

/** One chart, with the phases behind it. */
export function Plot(props: PlotProps) {
  const { chart, series, step } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const element = place.current!;
    plot.current = new uPlot(
      optionsFor(() => latest.current, element.clientWidth),
      dataOf(chart, series),
      element,
    );
    const sized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    sized.observe(element);
    return () => {
      sized.disconnect();
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(dataOf(chart, series)), [series]);
  useEffect(() => {
    // What is drawn already keeps its colors: on dark ground it could not be read.
    const redraw = () => plot.current?.redraw(false, true);
    dark.addEventListener('change', redraw);
    return () => dark.removeEventListener('change', redraw);
  }, []);
  return (
    <figure>
      <figcaption>
        {chart.title} <small>{chart.unit}</small>
        <p>
          {chart.lines.filter(isTold).map((line) => (
            <span key={line.label} class={`line ${line.tone}`}>
              {line.label} <b>{toldOf(line, step)}</b>
            </span>
          ))}
        </p>
      </figcaption>
      <div ref={place} role="img" aria-label={`${chart.title}, ${chart.unit}`} />
    </figure>
  );
}

/** A limit says something only where there is something to be limited. */
const isTold = ({ dashed, values }: Line): boolean => !dashed || values.some((each) => each !== null);

/** At a step, or the last that is known. Not in whole numbers: one error in ten seconds is no 0. */
function toldOf({ values }: Line, step: number | null): string {
  const value = step === null ? values.findLast((each) => each !== null) : values[step];
  return figure(value ?? null);
}

const dataOf = ({ lines }: Chart, { at }: Series): uPlot.AlignedData =>
  [[...at], ...lines.map(({ values }) => [...values])] as uPlot.AlignedData;

const color = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function optionsFor(props: () => PlotProps, width: number): uPlot.Options {
  const axis = { stroke: () => color('--quiet'), grid: { stroke: () => color('--line'), width: 1 } };
  const times = (_: uPlot, at: number[]) => {
    const within = at.length > 1 && at[1]! - at[0]! < 60 ? exactClock : clock;
    return at.map((each) => within.format(each * 1_000));
  };
  return {
    ...{ width: Math.max(200, width), height },
    legend: { show: false },
    // The last time of the axis has its place.
    padding: [null, 26, null, null],
    // All charts of the page point at the same moment; what is chosen in one is chosen once.
    cursor: {
      sync: { key: 'time', filters: { sub: (event) => event !== 'mouseup' && event !== 'mousedown' } },
      drag: { x: true, y: false, setScale: false },
    },
    scales: {
      x: { range: () => rangeOf(props().series) },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] },
    },
    axes: [
      { ...axis, size: 26, space: 70, values: times },
      {
        ...axis,
        size: 54,
        // Small charts: a figure each 20 pixels can still be read.
        space: 20,
        values: (_: uPlot, values: number[]) => values.map((each) => each.toLocaleString()),
      },
    ],
    series: [{}, ...props().chart.lines.map(drawnAs)],
    hooks: {
      drawClear: [(plot) => drawPhases(plot, props().series)],
      setCursor: [({ cursor: { idx } }) => props().onStep(idx ?? null)],
      setSelect: [(plot) => select(plot, props().onSelect)],
    },
  };
}

const rangeOf = ({ from, until }: Series): [number, number] => [inSeconds(from), inSeconds(until)];

function select(plot: uPlot, onSelect: PlotProps['onSelect']): void {
  const { left, width } = plot.select;
  if (width === 0) return;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onSelect(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
}

/** What is there now and then stands as points: a line between them would say what nobody has measured. */
const drawnAs = ({ label, tone, sparse = false, dashed = false, hidden = false }: Line): uPlot.Series => ({
  ...{ label, stroke: () => color(`--${tone}`), width: sparse ? 0 : 1.5, spanGaps: false, show: !hidden },
  ...(dashed && { dash: [4, 4] }),
  points: { show: sparse, size: 6, fill: () => color(`--${tone}`) },
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
