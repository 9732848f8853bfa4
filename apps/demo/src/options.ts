import { Argument, Command, InvalidArgumentError, Option } from 'commander';

/** The modules that the demo can move. */
export const movable = ['users', 'orders', 'payments', 'inventory', 'notifications'] as const;
export type Movable = (typeof movable)[number];

const scenes = ['modules', 'gateway'] as const;

/** What the command line asks for. */
export interface DemoOptions {
  /** Modules of the shop leave it, or routes of an application that knows nothing of it move. */
  scene: (typeof scenes)[number];
  /** Orders, or requests, a second. */
  rate: number;
  /** Move this module alone: out, back, out again. */
  only: Movable | undefined;
  /** Leave the data folder, also after a good end. */
  keep: boolean;
}

/** Reads the command line. Ends the process on `--help` and on a wrong option. */
export function readOptions(argv: readonly string[]): DemoOptions {
  const command = new Command('npm run demo --')
    .description(
      'Moves modules out of a running shop while the sample orders keep coming, and accounts for each order.\n' +
        'Default: inventory out, back, out again; then orders out. Takes under five minutes.\n' +
        'Or gateway: moves four routes of a legacy application while its customers go on, and accounts for each request.',
    )
    .addArgument(new Argument('[scene]', 'what is moved').choices(scenes).default('modules'))
    .addOption(new Option('--rate <r>', 'orders a second; of gateway, requests').argParser(positive))
    .addOption(
      new Option('--only <module>', 'a shorter way: this module out, back, out again').choices(movable),
    )
    .option('--keep', 'leave the databases in .data/demo, also after a good end', false)
    .addHelpText('after', endings)
    .parse(argv);
  const scene = command.processedArgs[0] as DemoOptions['scene'];
  const given = command.opts<Pick<DemoOptions, 'only' | 'keep'> & { rate?: number }>();
  return { scene, ...given, rate: given.rate ?? defaultRates[scene] };
}

/** What two cores do beside two extracted services, or beside two applications and a gateway, with room to spare. */
const defaultRates = { modules: 10, gateway: 80 };

const endings = `
It needs nothing but this folder: databases, messaging and services are started in .data/demo, on ports that are free,
and ended with it.
Exit code: 0 when nothing was lost, doubled or refused, no caller saw an error, and both sides hold, or answer, the same;
1 otherwise; 130 when interrupted.`;

function positive(text: string): number {
  const number = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && number > 0) return number;
  throw new InvalidArgumentError('A number above 0 is expected.');
}
