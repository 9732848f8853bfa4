import { DockerfileParser, type Copy, type Env, type From, type Instruction } from 'dockerfile-ast';
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ignoring } from './ignoring.js';

const run = promisify(execFile);

/** A stage of a Dockerfile, carried out in a folder that stands for its `/`. */
export interface Stage {
  readonly root: string;
  /** Where its programs start, below `root`. */
  workdir: string;
  readonly env: Record<string, string>;
  user: string;
  command: string[];
  healthcheck: string[];
}

/** Where files come from, and the folder for what is made. */
export interface Kitchen {
  /** The folder of the Dockerfile, and of it what git knows. */
  context: string;
  files: readonly string[];
  folder: string;
}

/**
 * Carries a Dockerfile out without Docker: every instruction, with this machine's Node for the image's. Gives the last stage.
 * @throws at an instruction that it does not know, or that would touch this machine outside of the stage's folder.
 */
export async function build({ context, files, folder }: Kitchen): Promise<Stage> {
  const { instructions, ignores } = await read(context);
  const brought = files.filter((file) => !ignores(file));
  const stages = new Map<string, Stage>();
  let stage: Stage;
  const steps: Readonly<Record<string, (instruction: Instruction, words: string[]) => unknown>> = {
    FROM: async (instruction, [image]) => {
      if (!/^node:\d+-/.test(image ?? '')) throw new Error(`not tried: FROM ${image}`);
      const name = (instruction as From).getBuildStage() ?? String(stages.size);
      const root = join(folder, name);
      stages.set(name, (stage = { root, workdir: '/', env: {}, user: 'root', command: [], healthcheck: [] }));
      await mkdir(root);
    },
    WORKDIR: (_instruction, [path]) => {
      stage.workdir = path!;
      return mkdir(join(stage.root, path!), { recursive: true });
    },
    ENV: (instruction) => {
      for (const one of (instruction as Env).getProperties()) stage.env[one.getName()] = one.getValue() ?? '';
    },
    COPY: async (instruction, words) => {
      const from = (instruction as Copy).getFromFlag()?.getValue();
      const to = join(stage.root, stage.workdir, words.at(-1)!);
      for (const source of words.slice(0, -1))
        await (from ? copyStage(stages.get(from)!, source, to) : copyContext(context, brought, source, to));
    },
    RUN: async (instruction) => {
      const script = instruction.getArgumentsContent() ?? '';
      // It runs on this machine, as whoever runs the test.
      if (/(^|[\s=<>])[~/]|\.\.|\b(apt|apk|useradd|adduser|curl)\b/.test(script))
        throw new Error(`not tried, because it would touch this machine: RUN ${script}`);
      await run('sh', ['-ec', script], { cwd: join(stage.root, stage.workdir), env: inShell(stage.env) });
    },
    USER: (_instruction, [user]) => (stage.user = user!),
    EXPOSE: () => undefined,
    HEALTHCHECK: (instruction) => (stage.healthcheck = execForm(instruction)),
    CMD: (instruction) => (stage.command = execForm(instruction)),
  };
  for (const instruction of instructions) {
    const step = steps[instruction.getKeyword()];
    if (!step) throw new Error(`not tried: ${instruction.getKeyword()}`);
    const given = instruction.getArguments().map((argument) => argument.getValue());
    await step(instruction, given);
  }
  return stage!;
}

async function read(context: string) {
  const text = (name: string) => readFile(join(context, name), 'utf8');
  const instructions = DockerfileParser.parse(await text('Dockerfile')).getInstructions();
  return { instructions, ignores: ignoring(await text('.dockerignore')) };
}

/** The environment of a program of the stage. */
export const inShell = (env: Record<string, string>): Record<string, string> => {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, ...env };
};

/** A command in its exec form: the only one that a signal reaches. */
function execForm(instruction: Instruction): string[] {
  const [list] = /\[.*\]$/s.exec(instruction.getArgumentsContent() ?? '') ?? [];
  if (!list) throw new Error(`not in the exec form: ${instruction.getArgumentsContent()}`);
  return JSON.parse(list) as string[];
}

/** A folder gives what is in it, a file itself. */
async function copyContext(
  context: string,
  files: readonly string[],
  source: string,
  to: string,
): Promise<void> {
  const below = source === '.' ? '' : `${source}/`;
  const inside = files.filter((file) => file.startsWith(below));
  const found = files.includes(source) ? [source] : inside;
  if (found.length === 0) throw new Error(`COPY ${source}: not in the context`);
  for (const file of found) {
    const target = file === source ? join(to, file) : join(to, file.slice(below.length));
    await mkdir(dirname(target), { recursive: true });
    await cp(join(context, file), target);
  }
}

const copyStage = (from: Stage, source: string, to: string): Promise<void> =>
  cp(join(from.root, source), to, { recursive: true, verbatimSymlinks: true });
