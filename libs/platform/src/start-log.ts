import { Logger } from '@nestjs/common';
import { currentContext } from 'nestjs-strangler';
import type { Logger as PinoLogger } from 'pino';
import { announcer, createLogger, NestLogger, type LogLevel } from './logging/index.js';
import type { Closing } from './process.js';
import { packageVersion } from './project-root.js';

/** How a program speaks. */
export interface StartedLog {
  /** Who it is, for logs and metrics. */
  readonly who: { service: string; version: string };
  readonly lines: PinoLogger;
  /** The same, for Nest; everything of Nest speaks through it from now on. */
  readonly logger: NestLogger;
  /** Says what the operator waits for, whatever the level. */
  readonly say: (line: string) => void;
}

/** The log of a server program, which says that it starts, and when it ends. */
export function startLog(service: string, level: LogLevel, closing: Closing): StartedLog {
  const who = { service, version: packageVersion() };
  const lines = createLogger({ level, ...who, context: currentContext });
  lines.info('starting');
  closing.onBegin(() => lines.info('stopping'));
  const logger = new NestLogger(lines);
  Logger.overrideLogger(logger);
  return { who, lines, logger, say: announcer(lines) };
}
