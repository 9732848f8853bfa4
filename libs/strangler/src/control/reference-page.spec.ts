import { nestedOf, type Dto } from '#contracts';
import { readFileSync } from 'node:fs';
<<<<<<< HEAD
import { gateTable } from './gate-table.js';
=======
import { noCalls, noComparisons, type Evidence } from '../evidence/evidence.js';
import { gatesFor, watchGates, type Observed } from './gates.js';
import { after, plan, type Position } from './machine.js';
>>>>>>> 6f5a4c0 (docs(strangler.yaml): probeBake, confidence, probes, and what the gates decide by)
import { settingsInForce } from './setting-keys.js';
import { defaultSettings } from './settings.js';
import { keysOf } from './unknown-key.js';
import { topKeys, WrittenWish } from './wishes.js';
import { WrittenSettings } from './written-settings.js';

/* docs/strangler-yaml.md against the code: who adds a key, a default or a gate adds its line there. */
const page = readFileSync('docs/strangler-yaml.md', 'utf8');

/** The rows of the table that begins with these titles: the cells of each, without the code marks. */
function tableOf(...titles: string[]): string[][] {
  const lines = page.split('\n');
  const from = lines.findIndex((line) => titles.every((title, i) => cells(line)[i] === title));
  const rows = lines.slice(from + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map(cells);
}

const cells = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1'));
const first = (rows: string[][]): string[] => rows.map(([name = '']) => name).sort();
const keys = (dto: Dto<unknown> | undefined): string[] => keysOf(dto!).sort();

const ofModule = tableOf('key', 'default', 'meaning');
const limits = tableOf('key', 'default', 'limits');

it('every key of the file has its line, and no line is about a key that there is not', () => {
  expect(first(tableOf('key', 'holds'))).toEqual([...topKeys].sort());
  expect(first(ofModule)).toEqual(keys(WrittenWish));
  expect(first(limits)).toEqual(keys(nestedOf(WrittenSettings, 'gates')));
  expect(first(tableOf('key', 'meaning'))).toEqual(keys(nestedOf(WrittenSettings, 'cohorts')));
});

it('every default is the one in force where nobody says otherwise', () => {
  const said = [...ofModule, ...limits.map(([key = '', value = '']) => [`gates.${key}`, value])];
  const defaults = said.filter(([, value]) => value !== '').map(([key = '', value = '']) => [key, value]);
  const text = (value: unknown) =>
    typeof value === 'string' ? value : JSON.stringify(value).replaceAll(',', ', ');
  const inForce = settingsInForce(defaultSettings, {}).map(({ key, value }) => [key, text(value)]);
  expect(Object.fromEntries(defaults)).toEqual(Object.fromEntries(inForce));
});

<<<<<<< HEAD
it('every gate has its line, which says of it what the code says', () => {
  const said = gateTable.map(({ name, settings, measures, over, fails }) => [
    name,
    settings.map((key) => `\`${key}\``).join(', '),
    measures,
    over,
    fails,
  ]);
  const rows = tableOf('gate', 'settings').map(([name = '', settings = '', ...others]) => [
    name,
    settings === '' || settings.startsWith('`') ? settings : `\`${settings}\``,
    ...others,
  ]);
  expect(rows).toEqual(said);
=======
it('every gate has its line', () => {
  const start: Position = { module: 'shelf', ownership: 'by-key', phase: 'monolith', percent: 0, below: 0 };
  const sides = { monolith: noCalls, extracted: noCalls };
  const both = { probe: sides, customer: sides };
  const evidence: Evidence = {
    ageMs: 0,
    calls: both,
    recent: both,
    shadow: { probe: noComparisons, customer: noComparisons },
    probing: { able: 'yes', queries: true, anyReads: true },
  };
  const observed = {
    now: 0,
    states: { monolith: null, extracted: null },
    evidence,
    verified: { beganAt: null, differences: 0 },
    localUse: [],
    approved: [],
    stepSince: 0,
  } as unknown as Observed;
  const settings = { ...defaultSettings, approve: [100] };
  const names = new Set<string>();
  const goal = { phase: 'decommissioned', percent: null, ramp: [50], direct: false } as const;
  let at = start;
  for (const step of plan(start, goal)) {
    for (const { name } of [...gatesFor(at, step, observed, settings), ...watchGates(at, observed, settings)])
      names.add(name);
    at = after(at, step);
  }
  expect(first(tableOf('gate', 'measures'))).toEqual([...names].sort());
>>>>>>> 6f5a4c0 (docs(strangler.yaml): probeBake, confidence, probes, and what the gates decide by)
});
