import { existsSync, readdirSync, readFileSync } from 'node:fs';

interface Project {
  type: 'application' | 'library';
  root: string;
  sourceRoot: string;
  entryFile: string;
}
const { projects } = JSON.parse(readFileSync('nest-cli.json', 'utf8')) as {
  projects: Record<string, Project>;
};

/** Packages, which build themselves. */
const others = ['libs/embedded-servers', 'libs/strangler'];

it('nest-cli.json knows every app and library, and where each is', () => {
  const folders = ['apps', 'libs'].flatMap((parent) =>
    readdirSync(parent).map((name) => `${parent}/${name}`),
  );
  const known = Object.values(projects).map(({ root }) => root);
  expect(known.sort()).toEqual(folders.filter((folder) => !others.includes(folder)).sort());
  for (const { root, sourceRoot, entryFile } of Object.values(projects)) {
    expect(sourceRoot).toBe(`${root}/src`);
    // libs/domain is entered by its modules.
    if (root !== 'libs/domain')
      expect([root, existsSync(`${sourceRoot}/${entryFile}.ts`)]).toEqual([root, true]);
  }
});
