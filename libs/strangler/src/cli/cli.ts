import type { Command } from 'commander';
import type { Access, Environment } from './access.js';
import { AdminClient } from './client/admin-client.js';
import { RouteClient } from './client/route-client.js';
import type { Contract } from '../contract/contract.js';
import type { Callers } from '../described/description.js';
import { Failure } from './failure.js';
import { mayColour, Output, type Out } from './output.js';

/**
 * Adds a verb to the command line.
 *
 * @example
 * ```ts
 * const audit: Verb = (program, cli) =>
 *   program.command('audit').action(async () => cli.out.json(await cli.client.modules()));
 * ```
 */
export type Verb = (program: Command, cli: Cli) => Command;

/**
 * What an application says to itself and to others, for the verb `contracts`.
 *
 * @example
 * ```ts
 * const known: KnownContracts = { contracts: [orders], calls: { gateway: { orders: ['get'] } } };
 * ```
 */
export interface KnownContracts {
  readonly contracts: readonly Contract[];
  /** Who calls what of whom, modules and programs, as for {@link natsPermissions}. */
  readonly calls?: Callers | undefined;
  /** Of the AsyncAPI document. */
  readonly title?: string | undefined;
  readonly version?: string | undefined;
  readonly namespace?: string | undefined;
}

/**
 * What the command line knows of the application that it steers.
 *
 * @example
 * ```ts
 * const audit: Verb = (program) => program.command('audit');
 * const application: Application = { ...installed, verbs: [audit] };
 * await runCommandLine(globalThis.process.argv.slice(2), new Cli(application, globalThis.process, globalThis.process.env));
 * ```
 */
export interface Application {
  /** How the command line is called, for what it says: `npx strangler`. */
  readonly program: string;
  readonly version: string;
  /** Which settings it reads: the end of its `--help`. */
  readonly settings: string;
  /** Verbs of the application's own, after those of the toolkit. */
  readonly verbs: readonly Verb[];
  /** Reads the settings. @throws {Misuse} naming a wrong one. */
  access(env: Environment): Access;
  /** Its contracts, for `contracts`; left out: that is told which file has them. */
  contracts?(): Promise<KnownContracts>;
}

/**
 * What a verb works with. Settings are read when a verb first needs them: `--help` works with wrong ones too.
 *
 * @example
 * ```ts
 * const list: Verb = (program, cli: Cli) =>
 *   program.command('list').action(async () => cli.out.json(await cli.client.modules()));
 * ```
 */
export class Cli {
  private known: { access: Access; client: AdminClient; gateway: RouteClient } | undefined;

  /** Results. */
  readonly out: Output;
  /** What is said beside them: progress, hints. */
  readonly aside: Output;

  constructor(
    readonly application: Application,
    { stdout, stderr }: { stdout: Out; stderr: Out },
    readonly env: Environment,
  ) {
    this.out = new Output(stdout, mayColour(env, stdout));
    this.aside = new Output(stderr, mayColour(env, stderr));
  }

  /** The exit code of a verb that did not fail, but found what must not be. */
  exitCode = 0;

  /** How the command line is called. */
  get program(): string {
    return this.application.program;
  }

  /** @throws {Misuse} */
  get access(): Access {
    return this.open().access;
  }

  /** @throws {Misuse} */
  get client(): AdminClient {
    return this.open().client;
  }

  /** @throws {Misuse} */
  get gateway(): RouteClient {
    return this.open().gateway;
  }

  private open(): NonNullable<Cli['known']> {
    if (!this.known) {
      const access = this.application.access(this.env);
      const gateway = new RouteClient(access.routes, access.session);
      const client = new AdminClient(access.modules, access.session, (name) => this.routeLike(name, gateway));
      this.known = { access, client, gateway };
    }
    return this.known;
  }

  /** A route is easily written without its slash. */
  private routeLike(name: string, gateway: RouteClient): Promise<Failure | undefined> {
    const meant = `${name} is a route of the gateway: write its slash, as ${this.program} status /${name}`;
    return gateway.route(`/${name}`).then(
      () => new Failure(meant),
      () => undefined,
    );
  }
}
