import { figure, locale, milliseconds, number, percent } from './figures.js';

type Figures = Readonly<Record<string, unknown>>;

/** The value of a gate as people say it; of others, the figure. */
const gateWords: Readonly<Record<string, (value: number) => string>> = {
  lag: milliseconds,
  bake: milliseconds,
  'error rate': share,
  'shadow mismatches': share,
};

function share(value: number): string {
  return `${(value * 100).toLocaleString(locale, { maximumFractionDigits: 2 })} %`;
}

/** Single figures; `undefined`: said together with another one. */
const words: Readonly<Record<string, (value: unknown, all: Figures) => string | undefined>> = {
  ms: (value) => `took ${milliseconds(Number(value))}`,
  fencedMs: (value) => (typeof value === 'number' ? `writers waited for ${milliseconds(value)}` : undefined),
  epoch: (value) => (typeof value === 'number' ? `epoch ${value}` : undefined),
  rows: (value) => counted(Number(value), 'row'),
  differences: (value) => counted(Number(value), 'difference'),
  repaired: (value) => `${number(Number(value))} repaired`,
  pending: (value) => `${counted(Number(value), 'change')} on the way`,
  examples: (value) => (Array.isArray(value) && value.length > 0 ? value.map(String).join('; ') : undefined),
  newBelow: (value, { oldBelow }) => `keys of extracted ${keys(oldBelow)} → ${keys(value)}`,
  oldBelow: () => undefined,
  from: () => undefined,
  to: () => undefined,
  gate: (value, { value: measured, limit, samples }) =>
    gateText(String(value), { value: measured, limit, samples }),
  value: () => undefined,
  limit: () => undefined,
  samples: () => undefined,
  overriddenBy: (value) => {
    const { gates, actor } = value as { gates: string[]; actor: string };
    return `${gates.join(', ')} overridden by ${actor}`;
  },
};

const keys = (below: unknown): string => percent(Number(below) / 10_000);

const counted = (count: number, one: string): string => `${number(count)} ${one}${count === 1 ? '' : 's'}`;

/** By what something was decided, in words. */
export function figuresInWords(figures: Figures): string {
  const said = Object.entries(figures).map(([name, value]) => {
    if (isGate(value)) return gateText(name, value);
    return words[name] ? words[name](value, figures) : `${name} ${plain(value)}`;
  });
  return said.filter((text) => text !== undefined).join(', ');
}

const isGate = (value: unknown): value is Figures =>
  typeof value === 'object' && value !== null && 'limit' in value && 'state' in value;

function gateText(name: string, { value, limit, samples }: Figures): string {
  const show = (of: unknown) => (typeof of === 'number' ? (gateWords[name] ?? figure)(of) : '–');
  const seen = Number(samples) > 1 ? ` of ${number(Number(samples))}` : '';
  return `${name} ${show(value)}${seen} (limit ${show(limit)})`;
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
