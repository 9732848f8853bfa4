import type { ModuleStatus } from '../../control/terms/views.js';
import { line, type Line } from './line.js';
import { indented, table } from './table.js';

const columns = ['SETTING', 'VALUE', 'FROM'].map((title) => ({ title }));

/** The settings in force, and where each comes from. */
export const settingLines = ({ settings }: ModuleStatus): Line[] => [
  [],
  ...indented(
    table(
      columns,
      settings.map(({ key, value, from }) => [
        line(key),
        line(valueText(value)),
        line(from, from === 'built-in' ? 'dim' : undefined),
      ]),
    ),
  ),
];

function valueText(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.length === 0
    ? 'none'
    : value.map((each) => (typeof each === 'object' ? JSON.stringify(each) : String(each))).join(', ');
}

/** What is wrong with who steers, said once for all modules. */
export const noticeLines = (modules: readonly ModuleStatus[]): Line[] =>
  [...new Set(modules.flatMap(({ notices }) => notices))].map((notice) => line(`! ${notice}`, 'red'));
