import { projectRoot } from '#platform';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Interval } from './pairs.js';
import { median, type Rates } from './rounds.js';

/** A figure and, where it has one, its goal. */
export interface Figure {
  figure: string;
  atLeast?: number;
  atMost?: number;
  reached: number;
  /** Between these it lies with a confidence of 95 %. */
  between?: readonly [low: number, high: number];
}

/** The figure of pairs. */
export const reached = ({ median, low, high }: Interval): Pick<Figure, 'reached' | 'between'> => ({
  reached: median,
  between: [low, high],
});

/** Prints rates and figures as tables, and keeps them with what else was seen. Returns whether all goals are met. */
export async function report(
  name: string,
  rates: Rates,
  figures: readonly Figure[],
  more: object = {},
): Promise<boolean> {
  const width = Math.max(
    ...[...Object.keys(rates), ...figures.map(({ figure }) => figure)].map((s) => s.length),
  );
  for (const [contender, values] of Object.entries(rates)) {
    const perSecond = Math.round(median(values)).toLocaleString('en');
    console.log(`       ${contender.padEnd(width)} ${perSecond.padStart(12)} /s`);
  }
  for (const figure of figures) console.log(lineOf(figure, width));
  await keep(name, { name, at: new Date().toISOString(), node: process.version, rates, figures, ...more });
  return figures.every(met);
}

const met = ({ atLeast = -Infinity, atMost = Infinity, reached }: Figure): boolean =>
  reached >= atLeast && reached <= atMost;

function lineOf(figure: Figure, width: number): string {
  const { figure: text, atLeast, atMost, reached, between } = figure;
  const goal =
    atLeast !== undefined ? `at least ${atLeast}` : atMost !== undefined ? `at most ${atMost}` : '';
  const mark = !goal ? '' : met(figure) ? 'met' : 'MISSED';
  const interval = between ? ` [${between.map((bound) => bound.toFixed(2)).join(' to ')}]` : '';
  return `${mark.padEnd(6)} ${text.padEnd(width)} ${reached.toFixed(2).padStart(12)}${interval} ${goal && `   (${goal})`}`;
}

async function keep(name: string, result: object): Promise<void> {
  const folder = join(projectRoot(), 'bench/results');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}
