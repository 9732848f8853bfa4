import { pino, type DestinationStream, type Logger } from 'pino';
import { humanLines } from './human-lines.js';
import { inBatches } from './in-batches.js';
import { spanIdsOf } from './trace-id.js';

/** What a request puts on each of its lines. */
export interface LogContext {
  readonly requestId: string;
  readonly traceparent?: string | undefined;
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  level: LogLevel;
  /** Who writes; stands on each line with its version. */
  service?: string;
  version?: string;
  /** The running request, if there is one. Asked at every line, so that whoever writes it need not know of requests. */
  context?: () => LogContext | undefined;
  /** Where lines go; else standard output: JSON, or short lines for people when it is a terminal. */
  destination?: DestinationStream;
}

const secrets = [
  ...['password', 'passwordHash', 'currentPassword', 'newPassword'],
  ...['token', 'accessToken', 'authorization', 'cookie'],
];

/** A pino logger with the request's id on every line of the request, and without anybody's secrets. */
export function createLogger({ level, service, version, context, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: service === undefined ? null : { service, version },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: plainError },
    redact: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
    ...(context && { mixin: () => fieldsOf(context()) }),
  };
  return pino(
    options,
    destination ?? (process.stdout.isTTY ? humanLines(process.stdout) : inBatches(pino.destination(1))),
  );
}

/** Not what hangs on it: of a failed statement those are its parameters, and the row. */
const plainError = (error: unknown): unknown =>
  error instanceof Error ? { type: error.name, message: error.message, stack: error.stack } : error;

/** Says what the operator waits for (addresses, the progress of a start) in the form of the log, whatever its level. */
export function announcer(logger: Logger): (line: string) => void {
  const always = logger.child({}, { level: 'info' });
  return (line) => always.info(line);
}

// A fresh object each time: pino writes into it.
function fieldsOf(context: LogContext | undefined): Record<string, string> {
  if (!context) return {};
  return { requestId: context.requestId, ...spanIdsOf(context.traceparent) };
}
