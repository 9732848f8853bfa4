import type { ModuleStatus } from '#strangler';
import type { Cli } from '../cli.js';
import { Failure } from '../failure.js';
import { joined, line, paint, type Line } from '../text/line.js';
import { moduleLines } from '../text/module.js';
import { movingLines } from '../text/moving.js';
import { noticeLines } from '../text/settings.js';
import { overview } from '../text/overview.js';
import { Screen } from './screen.js';
import { sleepUnless, untilStopped } from './stop.js';

const everyMs = 1_000;

/** Shows where the modules stand every second until it is stopped: drawn in place on a terminal, else in plain lines. */
export async function watchStatus(cli: Cli, module: string | undefined, json?: true): Promise<void> {
  const look = async () => (module === undefined ? cli.client.modules() : [await cli.client.module(module)]);
  // What is wrong from the start (nobody there, no such module) ends the program; later it passes.
  let modules = await look();
  const view = json ? documents(cli, module) : cli.out.stream.isTTY ? drawn(cli, module) : changes(cli);
  process.once('exit', view.end);
  try {
    await untilStopped(async (stop) => {
      let trouble: string | undefined;
      do {
        view.show(modules, trouble);
        if (!(await sleepUnless(stop, everyMs))) break;
        trouble = undefined;
        modules = await look().catch((error: unknown) => {
          if (!(error instanceof Failure)) throw error;
          trouble = error.message;
          return modules;
        });
      } while (!stop.aborted);
    });
  } finally {
    view.end();
    process.off('exit', view.end);
  }
}

interface View {
  /** `trouble`: why there is nothing newer. */
  readonly show: (modules: ModuleStatus[], trouble: string | undefined) => void;
  readonly end: () => void;
}

/** One JSON document a line. */
const documents = ({ out, aside }: Cli, module: string | undefined): View => ({
  show: (modules, trouble) => {
    if (trouble !== undefined) aside.print([line(trouble)]);
    else out.jsonLine(module === undefined ? { items: modules } : modules[0]);
  },
  end: () => undefined,
});

/** The whole of it, in place. */
function drawn({ out }: Cli, module: string | undefined): View {
  const screen = new Screen(out.stream, out.coloured);
  let last: Line[] = [];
  return {
    show: (modules, trouble) => {
      last =
        module === undefined
          ? linesOf(modules, out.width)
          : [...noticeLines(modules), ...modules.flatMap(moduleLines)];
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

const linesOf = (modules: ModuleStatus[], width: number): Line[] => [
  ...noticeLines(modules),
  ...overview(modules, width),
  ...movingLines(modules),
];

/** For logs: each line that changed, with its time. */
function changes({ out, aside }: Cli): View {
  const seen = new Map<string, string>();
  const print = (name: string, text: string, to = out) => {
    if (seen.get(name) === text) return;
    seen.set(name, text);
    to.print([line(`${new Date().toISOString()}  ${text}`)]);
  };
  return {
    show: (modules, trouble) => {
      if (trouble !== undefined) return print('', trouble, aside);
      const rows = overview(modules).slice(1);
      modules.forEach(({ module }, i) => print(module, paint(rows[i] ?? [], false)));
      seen.delete('');
    },
    end: () => undefined,
  };
}
