import type { inventory, PutProduct, users } from '#contracts';
import type { Port } from 'nestjs-strangler';
import { v5 as uuidv5 } from 'uuid';
import type { SampleUser } from '../file/customers.js';
import { readSample, type Sample, type SampleReport } from '../file/sample.js';
import { inParallel } from './in-parallel.js';
import { lastLoaded, type Marks } from './marks.js';
import { samplePassword } from './password.js';
import { patiently, unless } from './patiently.js';

/** The modules that the sample fills. */
export const sampleModules = ['users', 'inventory'] as const;
export type SampleModule = (typeof sampleModules)[number];

export interface SamplePorts {
  users: Port<typeof users>;
  inventory: Port<typeof inventory>;
}

/** How far the loading of one module is. */
export interface LoadProgress {
  module: SampleModule;
  done: number;
  total: number;
}

export interface LoadOptions {
  /** The folder that keeps the password of the sample customers. */
  dataDir: string;
  /** Calls in flight (default 16). */
  concurrency?: number;
  onProgress?: (progress: LoadProgress) => void;
  /** Another sample than the one that comes with the project. */
  sample?: Sample;
}

/** What loading did. */
export interface LoadResult {
  /** The modules that were filled now; those left out had it all already. */
  loaded: readonly SampleModule[];
  /** What became of the file's lines; absent when nothing was loaded, for then the file is not read. */
  report?: SampleReport;
}

/**
 * Fills the modules with the sample shop, through their ports, so wherever they are served. It can be called at every
 * start: a module that has it all answers at once, and an interrupted load goes on where it was.
 */
export async function loadSample(
  ports: SamplePorts,
  options: LoadOptions,
  modules: readonly SampleModule[] = sampleModules,
): Promise<LoadResult> {
  const marks = lastLoaded(options.sample);
  const empty: SampleModule[] = [];
  for (const module of modules) if (!(await isLoaded[module](ports, marks))) empty.push(module);
  if (empty.length === 0) return { loaded: [] };
  const sample = options.sample ?? (await shippedSample());
  for (const module of empty) await load[module](ports, sample, options);
  return { loaded: empty, report: sample.report };
}

/** The last one read, while the memory is not needed otherwise: modules are often filled one right after the other. */
let lastRead: WeakRef<Sample> | undefined;

async function shippedSample(): Promise<Sample> {
  const sample = lastRead?.deref() ?? (await readSample());
  lastRead = new WeakRef(sample);
  return sample;
}

const isLoaded: Record<SampleModule, (ports: SamplePorts, marks: Marks) => Promise<boolean>> = {
  users: async ({ users }, { userId }) =>
    (await unless('not_found', () => users.getUser({ id: userId }))) !== undefined,
  inventory: async ({ inventory }, { sku }) =>
    (await unless('not_found', () => inventory.getProduct({ sku }))) !== undefined,
};

const load: Record<
  SampleModule,
  (ports: SamplePorts, sample: Sample, options: LoadOptions) => Promise<void>
> = {
  users: async ({ users }, sample, options) => {
    const { passwordHash } = await samplePassword(options.dataDir);
    await fill('users', sample.users, options, (user) => importUser(users, user, passwordHash));
  },
  inventory: ({ inventory }, { products }, options) =>
    fill('inventory', products, options, (product) => putProduct(inventory, product)),
};

async function fill<T>(
  module: SampleModule,
  items: readonly T[],
  { concurrency = 16, onProgress }: LoadOptions,
  put: (item: T) => Promise<unknown>,
): Promise<void> {
  let done = 0;
  const step = async (item: T) => {
    await put(item);
    onProgress?.({ module, done: ++done, total: items.length });
  };
  await inParallel(items.slice(0, -1), concurrency, step);
  // The last one alone: whoever finds it knows that all are there.
  await inParallel(items.slice(-1), 1, step);
}

function importUser(
  port: SamplePorts['users'],
  { country, ...user }: SampleUser,
  passwordHash: string,
): Promise<unknown> {
  const input = { ...user, role: 'user' as const, profile: { country }, passwordHash };
  const commandId = stableCommandId('users.importUser', input);
  // Taken: by the same customer, loaded from another installation's data folder.
  return unless('email_taken', () => port.importUser(input, { commandId }));
}

function putProduct(port: SamplePorts['inventory'], product: PutProduct): Promise<unknown> {
  const commandId = stableCommandId('inventory.putProduct', product);
  return patiently(() => port.putProduct(product, { commandId }));
}

/** The same input has the same id, so that a second load changes nothing: it must not fill shelves up again. */
const stableCommandId = (operation: string, input: object): string =>
  uuidv5(`${operation} ${JSON.stringify(input)}`, commandNamespace);

const commandNamespace = '6a1f3c52-9a0f-4b6e-8a57-0f3f4d9c2b10';
