import { environment, type Environment } from '#platform';
import { AdminClient } from './admin-client.js';
import { programName } from './command.js';
import { Failure } from './failure.js';
import { mayColour, readSettings, type Settings } from './config.js';
import { Output, type Out } from './output.js';
import { RouteClient } from './route-client.js';
import { Session } from './session.js';

/** What a verb works with. Settings are read when a verb first needs them: `--help` works with wrong ones too. */
export class Cli {
  private known: { settings: Settings; client: AdminClient; gateway: RouteClient } | undefined;

  /** Results. */
  readonly out: Output;
  /** What is said beside them: progress, hints. */
  readonly aside: Output;

  /** By default with the streams and the environment of this process. */
  constructor(
    { stdout, stderr }: { stdout: Out; stderr: Out } = process,
    private readonly env: Environment = environment(),
  ) {
    this.out = new Output(stdout, mayColour(env, stdout));
    this.aside = new Output(stderr, mayColour(env, stderr));
  }

  /** The exit code of a verb that did not fail, but found what must not be. */
  exitCode = 0;

  /** @throws {SettingsError} */
  get settings(): Settings {
    return this.open().settings;
  }

  /** @throws {SettingsError} */
  get client(): AdminClient {
    return this.open().client;
  }

  /** @throws {SettingsError} */
  get gateway(): RouteClient {
    return this.open().gateway;
  }

  private open(): NonNullable<Cli['known']> {
    if (!this.known) {
      const settings = readSettings(this.env);
      const session = new Session(settings);
      const gateway = new RouteClient(settings.gatewayUrl, session);
      const client = new AdminClient(settings.adminUrl, session, (name) => routeLike(name, gateway));
      this.known = { settings, client, gateway };
    }
    return this.known;
  }
}

/** A route is easily written without its slash. */
const routeLike = (name: string, gateway: RouteClient): Promise<Failure | undefined> =>
  gateway.route(`/${name}`).then(
    () =>
      new Failure(`${name} is a route of the gateway: write its slash, as ${programName} status /${name}`),
    () => undefined,
  );
