import type { RouteStatus } from '../../operate/route-views.js';
import type { ModuleStatus } from '../../control/terms/views.js';
import type { Cli } from '../cli.js';
import { Failure } from '../failure.js';
import { joined, line, paint, type Line } from '../text/line.js';
import { moduleLines } from '../text/module.js';
import { movingLines } from '../text/moving.js';
import { routeLines, routesOverview } from '../text/routes.js';
import { noticeLines } from '../text/settings.js';
import { overview } from '../text/overview.js';
import { Screen } from './screen.js';
import { sleepUnless, untilStopped } from './stop.js';

const everyMs = 1_000;

/** What is looked at again and again. */
interface Watched<T> {
  readonly look: () => Promise<T>;
  /** As one JSON document. */
  readonly document: (seen: T) => unknown;
  /** The whole of it. */
  readonly lines: (seen: T) => Line[];
  /** One line for each, by its name. */
  readonly rows: (seen: T) => (readonly [name: string, row: Line])[];
}

/** Shows where a module stands, or all of them. */
export const watchModules = (cli: Cli, module: string | undefined, json?: true): Promise<void> =>
  watch<ModuleStatus[]>(cli, json, {
    look: async () => (module === undefined ? cli.client.modules() : [await cli.client.module(module)]),
    document: (modules) => (module === undefined ? { items: modules } : modules[0]),
    lines: (modules) => [
      ...noticeLines(modules),
      ...(module === undefined
        ? [...overview(modules, cli.out.width), ...movingLines(modules)]
        : modules.flatMap(moduleLines)),
    ],
    rows: (modules) => named(modules, ({ module: name }) => name, overview(modules)),
  });

/** Shows where a route of the edge stands. */
export const watchRoute = (cli: Cli, route: string, json?: true): Promise<void> =>
  watch<RouteStatus>(cli, json, {
    look: () => cli.gateway.route(route),
    document: (status) => status,
    lines: routeLines,
    rows: (status) => named([status], ({ route: name }) => name, routesOverview([status])),
  });

/** Rows of a table without its head, by name. */
const named = <T>(items: readonly T[], nameOf: (item: T) => string, [, ...rows]: Line[]) =>
  items.map((item, i) => [nameOf(item), rows[i] ?? []] as const);

/** Every second until it is stopped: drawn in place on a terminal, else in plain lines. */
async function watch<T>(cli: Cli, json: true | undefined, watched: Watched<T>): Promise<void> {
  // What is wrong from the start (nobody there, no such module) ends the program; later it passes.
  let seen = await watched.look();
  const view = (json ? documents : cli.out.stream.isTTY ? drawn : changes)(cli, watched);
  process.once('exit', view.end);
  try {
    await untilStopped(async (stop) => {
      let trouble: string | undefined;
      do {
        view.show(seen, trouble);
        if (!(await sleepUnless(stop, everyMs))) break;
        trouble = undefined;
        seen = await watched.look().catch((error: unknown) => {
          if (!(error instanceof Failure)) throw error;
          trouble = error.message;
          return seen;
        });
      } while (!stop.aborted);
    });
  } finally {
    view.end();
    process.off('exit', view.end);
  }
}

interface View<T> {
  /** `trouble`: why there is nothing newer. */
  readonly show: (seen: T, trouble: string | undefined) => void;
  readonly end: () => void;
}

/** One JSON document a line; also of what is wrong meanwhile, which ends nothing. */
const documents = <T>({ out, aside }: Cli, { document }: Watched<T>): View<T> => ({
  show: (seen, trouble) => {
    if (trouble !== undefined) aside.jsonLine({ error: { message: trouble } });
    else out.jsonLine(document(seen));
  },
  end: () => undefined,
});

/** The whole of it, in place. */
function drawn<T>({ out }: Cli, { lines }: Watched<T>): View<T> {
  const screen = new Screen(out.stream, out.coloured);
  let last: Line[] = [];
  return {
    show: (seen, trouble) => {
      last = lines(seen);
      const now = new Date().toISOString().slice(11, 19);
      const foot = joined([line(`${now} UTC · Ctrl-C ends`, 'dim'), line(trouble ?? '', 'red')]);
      screen.draw([...last, [], foot]);
    },
    end: () => {
      screen.leave();
      // What was seen last stays, above the prompt.
      out.print(last.splice(0));
    },
  };
}

/** For logs: each line that changed, with its time. */
function changes<T>({ out, aside }: Cli, { rows }: Watched<T>): View<T> {
  const printed = new Map<string, string>();
  const print = (name: string, text: string, to = out) => {
    if (printed.get(name) === text) return;
    printed.set(name, text);
    to.print([line(`${new Date().toISOString()}  ${text}`)]);
  };
  return {
    show: (seen, trouble) => {
      if (trouble !== undefined) return print('', trouble, aside);
      for (const [name, row] of rows(seen)) print(name, paint(row, false));
      printed.delete('');
    },
    end: () => undefined,
  };
}
