import type { DynamicModule, INestApplicationContext, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { StranglerProcess } from './process.js';

/**
 * Starts an application without HTTP. Nest hands out what has started: of a start that fails nobody could end what had begun, so it is ended
 * here. `logger`: left out, Nest's own.
 */
export async function startContext(
  root: DynamicModule,
  logger?: LoggerService | false,
): Promise<INestApplicationContext> {
  const begun: StranglerProcess[] = [];
  const noted = {
    provide: Symbol('strangler:begun'),
    useFactory: (process: StranglerProcess) => begun.push(process),
    inject: [StranglerProcess],
  };
  const how = { abortOnError: false, ...(logger !== undefined && { logger }) };
  try {
    return await NestFactory.createApplicationContext({ ...root, providers: [noted] }, how);
  } catch (error) {
    // What hinders the end is no news beside it.
    for (const process of begun) await process.abandon().catch(() => undefined);
    throw error;
  }
}
