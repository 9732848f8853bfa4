import type { LoggerService } from '@nestjs/common';
import type { Level, Logger } from 'pino';

/** What Nest says of its own start: some sixty lines, of use only to who looks for a fault in it. */
const bootWriters = new Set<unknown>([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'NestMicroservice',
  'RouterExplorer',
  'RoutesResolver',
]);

/** Nest's own lines, and those of `new Logger(name)`, through pino. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(bootWriters.has(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(level: Level, message: unknown, rest: unknown[]): void {
    if (this.logger.isLevelEnabled(level)) this.logger[level]({ ...partsOf(rest), ...fieldsOf(message) });
  }
}

/** What follows a message: Nest puts the name of the writer last, and a stack before it. */
function partsOf(rest: unknown[]): Record<string, unknown> {
  const given = rest.filter((part) => part !== undefined);
  const isStack = (part: unknown) => typeof part === 'string' && part.includes('\n    at ');
  const context = typeof given.at(-1) === 'string' && !isStack(given.at(-1)) ? given.pop() : undefined;
  const stack = given.find(isStack);
  const more = given.filter((part) => part !== stack);
  return { context, stack, more: more.length > 0 ? more : undefined };
}

function fieldsOf(message: unknown): Record<string, unknown> {
  if (message instanceof Error) return { err: message, msg: message.message };
  if (typeof message === 'object' && message !== null) return message as Record<string, unknown>;
  return { msg: String(message) };
}
