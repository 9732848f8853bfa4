import { Ajv2019 } from 'ajv/dist/2019.js';
import { validate } from 'dockerfile-utils';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { knownHoles } from '#strangler/nats/known-holes';
import { services } from './compose.js';
import { ignoring } from './ignoring.js';

/* The image and the compose file, as far as they can be judged without Docker; each RUN is tried in image.full.spec.ts. */
const read = (file: string) => readFileSync(file, 'utf8');
const dockerfile = read('Dockerfile');
const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
const { monolith, inventory, nats } = services();

it('the Dockerfile is sound', () => {
  expect(validate(dockerfile).map(({ message }) => message)).toEqual([]);
  const broken = validate(dockerfile.replace('EXPOSE 3000', 'EXPOSE three'));
  expect(broken).toHaveLength(1);
});

it('the image runs as an ordinary user, with nothing of development, and says whether it is well', () => {
  expect(lastStage).toMatch(/^USER node$/m);
  expect(lastStage.indexOf('\nUSER node')).toBeGreaterThan(lastStage.lastIndexOf('\nRUN '));
  expect(lastStage).toMatch(/^RUN npm ci --omit=dev /m);
  expect(lastStage).not.toMatch(/^COPY \. /m);
  expect(lastStage).toMatch(/^HEALTHCHECK /m);
  expect(lastStage).toMatch(/^ENV .*EMBEDDED=off/m);
  expect(dockerfile).not.toMatch(/PASSWORD=|SECRET=/);
});

it('secrets and data of this machine do not get into the image', () => {
  const ignores = ignoring(read('.dockerignore'));
  const kept = [
    '.env',
    'apps/monolith/.env',
    'test/.env.local',
    '.data/admin.json',
    'nats/server-key.pem',
    '.git/config',
  ];
  for (const path of [
    ...kept,
    'node_modules/pg/package.json',
    'README.md',
    'apps/monolith/src/config.spec.ts',
  ])
    expect([path, ignores(path)]).toEqual([path, true]);
  for (const path of ['package.json', 'apps/monolith/src/main.ts', 'data/online-retail-2010-12.csv.gz'])
    expect([path, ignores(path)]).toEqual([path, false]);
});

it('what nats-config writes is never committed', () => {
  expect(read('.gitignore').split('\n')).toContain('/nats/');
});

it('the compose file is valid by the specification', () => {
  const formats = {
    duration: /^(\d+(us|ms|s|m|h))+$/,
    ports: true,
    expose: true,
    subnet_ip_address: true,
  } as const;
  const ajv = new Ajv2019({ strict: false, formats });
  // Its ids are of an older draft.
  const newer = (key: string, value: unknown) =>
    key === 'id' && typeof value === 'string' ? undefined : value;
  const { $schema, ...schema } = JSON.parse(read('test/docker/compose-spec.json'), newer) as Record<
    string,
    unknown
  >;
  const valid = ajv.compile(schema);
  const compose = parse(read('compose.yaml'), { merge: true }) as object;
  valid(compose);
  expect($schema).toContain('2019-09');
  expect(valid.errors).toBeNull();
  expect(valid({ ...compose, services: { shop: { image: 1 } } })).toBe(false);
});

it('its NATS has no known holes; its programs are no superuser, and reachable from this machine only', () => {
  expect(knownHoles(`${/:(.+)-alpine/.exec(nats!.image)![1]}.0`)).toBeUndefined();
  for (const { environment, ports = [] } of [monolith!, inventory!]) {
    expect(JSON.stringify(environment)).not.toMatch(/postgres:\/\/postgres|POSTGRES_PASSWORD/);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  }
});

it('no password stands in it', () => {
  for (const { environment = {} } of Object.values(services()))
    for (const [name, value] of Object.entries(environment))
      if (/PASSWORD|URL/.test(name)) expect(value).toMatch(/\$\{\w+(:\?is required|:-)?\}/);
});
