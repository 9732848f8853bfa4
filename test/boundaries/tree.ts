import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** The repository. Tests run in it. */
export const root = resolve('.');

/** The packages that this repository makes, and where. */
const ownPackages: Readonly<Record<string, string>> = {
  'nestjs-strangler': 'libs/strangler',
  'nestjs-strangler-embedded-servers': 'libs/embedded-servers',
};

/** Files by their path. */
export type Files = Readonly<Record<string, string>>;

/** A small shop in a folder of its own, with this repository's package.json, tsconfig.json and packages. */
export class Tree {
  readonly folder = mkdtempSync(join(tmpdir(), 'boundaries-'));

  constructor(files: Files, imports: object = {}) {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { imports: object };
    this.write('package.json', JSON.stringify({ ...manifest, imports: { ...manifest.imports, ...imports } }));
    this.write('tsconfig.json', readFileSync(join(root, 'tsconfig.json'), 'utf8'));
    for (const folder of Object.values(ownPackages))
      this.write(`${folder}/package.json`, readFileSync(join(root, folder, 'package.json'), 'utf8'));
    this.linkPackages();
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  /** The packages of this repository, except that those which it makes are the tree's own. */
  private linkPackages(): void {
    const packages = join(this.folder, 'node_modules');
    mkdirSync(packages);
    for (const name of readdirSync(join(root, 'node_modules')))
      symlinkSync(
        ownPackages[name] ? join('..', ownPackages[name]) : join(root, 'node_modules', name),
        join(packages, name),
      );
  }

  private write(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  }
}
