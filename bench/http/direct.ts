import { contracts } from '#contracts';
import { portToken } from 'nestjs-strangler';
import type { INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';

type Service = Readonly<Record<string, ((input: unknown) => Promise<unknown>) | undefined>>;

/**
 * Makes an app whose services are injected directly: no router, no executor. Whoever injects a port has the same object,
 * so it is enough to put the service's methods into it. Commands lose their transaction by that: it is for queries.
 */
export function injectServices(app: INestApplication): void {
  for (const { name, operations } of contracts) {
    const service = serviceOf(app, name);
    const port = app.get<Record<string, unknown>>(portToken({ name, operations } as never));
    for (const [operation, { kind }] of Object.entries(operations)) {
      if (kind === 'query') port[operation] = service[operation]?.bind(service);
    }
  }
}

/** By its name: a module shows its service to nobody. */
function serviceOf(app: INestApplication, module: string): Service {
  const name = `${module}Service`;
  for (const { providers } of app.get(ModulesContainer).values()) {
    for (const provider of providers.values()) {
      if (String(provider.name).toLowerCase() === name.toLowerCase()) return provider.instance as Service;
    }
  }
  throw new Error(`there is no ${name}`);
}
