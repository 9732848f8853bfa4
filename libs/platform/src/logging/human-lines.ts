import type { DestinationStream } from 'pino';

type Line = Record<string, unknown> & { level: string; time: string; msg?: string; err?: { stack?: string } };

const colours: Record<string, number> = { trace: 90, debug: 90, info: 32, warn: 33, error: 31, fatal: 35 };
// What could move the cursor or change the colours of a terminal: log lines quote what clients sent.
// eslint-disable-next-line no-control-regex -- control characters are what it is about
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Turns pino's JSON into short coloured lines: time, level, who, what, and the rest as `key=value`. */
export const humanLines = (out: { write(text: string): unknown }): DestinationStream => ({
  write: (json: string) => void out.write(lineOf(json)),
});

function lineOf(json: string): string {
  // Whoever looks at a terminal knows what runs there.
  const { level, time, msg = '', context, err, service, version, ...rest } = JSON.parse(json) as Line;
  const who = typeof context === 'string' ? `[${context}] ` : '';
  const more = Object.entries(rest).map(([key, value]) => ` ${key}=${shown(value)}`);
  const stack = err?.stack ? `\n${err.stack}` : '';
  const text = `${who}${msg}${more.join('')}${stack}`.replace(controls, '�');
  return `${time.slice(11, 23)} \u001b[${colours[level] ?? 0}m${level.padEnd(5)}\u001b[0m ${text}\n`;
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
