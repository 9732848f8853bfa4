import type { FactoryProvider, InjectionToken, Provider, Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { Events } from '../calls/events/events.js';
import { Subscribers } from '../calls/events/subscribers.js';
import { LocalModules } from '../calls/local-modules.js';
import { portToken } from '../calls/ports.js';
import { ReadGuard } from '../calls/read-guard.js';
import { ContractServer } from '../calls/remote/server.js';
import { Router } from '../calls/router.js';
import { standInFor } from '../calls/services/stand-in.js';
import { isServiceContract } from '../contract/service-contract.js';
import { CallMetrics } from '../control/call-metrics.js';
import { Database } from '../database/database.js';
import { NatsLink } from '../nats/link.js';
import { ToolkitMetrics } from '../operate/metrics/toolkit-metrics.js';
import { OPERATOR } from '../operate/operator-token.js';
import { Routes } from '../routes/routes.js';
import { Agents } from '../sides/agents.js';
import { DATA_SOURCE, EVENT_STREAM } from './feature.js';
import { linkTo } from './nats-link.js';
import type { StranglerAsyncOptions, StranglerOptions, WiringOptions } from './options.js';
import { processPartsOf, type Parts } from './parts.js';
import { StranglerProcess } from './process.js';

/** The token of what the factory has made. */
const WIRING = Symbol('strangler:wiring');

/** Under which token the application finds which part. */
const part = (provide: InjectionToken, of: (parts: Parts) => unknown): FactoryProvider => ({
  provide,
  useFactory: ({ parts }: StranglerProcess) => of(parts),
  inject: [StranglerProcess],
});

const parts: readonly Provider[] = [
  part(Routes, ({ routes }) => routes),
  part(LocalModules, ({ modules }) => modules),
  part(Router, ({ router }) => router),
  part(Subscribers, ({ subscribers }) => subscribers),
  part(Events, ({ events }) => events),
  part(EVENT_STREAM, ({ eventStream }) => eventStream ?? null),
  part(Agents, ({ agents }) => agents),
  part(Database, ({ database }) => database),
  part(CallMetrics, ({ calls }) => calls),
  part(ToolkitMetrics, ({ metrics }) => metrics),
  part(NatsLink, ({ link }) => link),
  part(ContractServer, ({ server }) => server),
  part(OPERATOR, ({ plane }) => plane?.operator),
];

/** The toolkit's providers of one process. */
export function providersOf(
  { side, contracts, database: where, ...how }: StranglerAsyncOptions,
  dataSource: InjectionToken,
): Provider[] {
  const make = async (wiring: WiringOptions, app: ModuleRef, database?: DataSource) => {
    const options: StranglerOptions = { ...wiring, side, contracts, database: where };
    const link = options.nats === undefined ? undefined : await linkTo(options.nats, side);
    return new StranglerProcess(options, processPartsOf(options, link, database), app, database);
  };
  const ports = contracts.map((contract) => part(portToken(contract), ({ router }) => router.port(contract)));
  const standIns = contracts
    .filter(isServiceContract)
    .map((contract) => part(contract.service as Type, ({ router }) => standInFor(contract, router)));
  const ofSide = side
    ? [
        { provide: ReadGuard, useValue: new ReadGuard(side) },
        { provide: DATA_SOURCE, useExisting: dataSource },
      ]
    : [];
  return [
    {
      provide: WIRING,
      useFactory: how.useFactory as FactoryProvider['useFactory'],
      inject: how.inject ?? [],
    },
    {
      provide: StranglerProcess,
      useFactory: make,
      inject: [WIRING, ModuleRef, ...(side ? [dataSource] : [])],
    },
    ...[...parts, ...ports, ...standIns, ...ofSide],
  ];
}
