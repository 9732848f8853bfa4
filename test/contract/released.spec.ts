import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { callers, calls, contracts } from '#contracts';
import { packageVersion } from '#platform';
import { asyncApiOf } from '../../libs/strangler/src/described/asyncapi.js';
import { changesOf } from '../../libs/strangler/src/described/changes.js';
import { describeContracts, type Description } from '../../libs/strangler/src/described/description.js';
import { clicks, tally } from '../support/clicks.js';

/*
 * What is committed of the contracts is what they are. `npm run -s strangler -- contracts asyncapi > docs/asyncapi.json` writes the document, and
 * `contracts export`, with a release, contracts.lock.json.
 */
const json = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as unknown;
const now = describeContracts(contracts, { ...calls, ...callers });
const asyncApi = (of: Description) => asyncApiOf(of, { title: 'The shop', version: packageVersion() });

/** The specification's own schema. */
const validate = new Ajv({ strict: false, validateFormats: false }).compile(
  createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object,
);

it('nobody who knows the released contracts is broken', () => {
  const broken = changesOf(json('contracts.lock.json') as Description, now).filter(
    ({ breaking }) => breaking,
  );
  expect(broken).toEqual([]);
});

it('the committed AsyncAPI document is that of the contracts', () => {
  expect(json('docs/asyncapi.json')).toEqual(JSON.parse(JSON.stringify(asyncApi(now))));
});

it.each([
  ['the shop', now],
  ['modules with events', describeContracts([clicks, tally])],
])('the document of %s is valid AsyncAPI 3', (_what, of) => {
  validate(asyncApi(of));
  expect(validate.errors).toBeNull();
  expect(validate({ ...asyncApi(of), channels: { replies: { adress: null } } })).toBe(false);
});

it('all that it refers to is there', () => {
  const document = asyncApi(describeContracts([clicks, tally, ...contracts])) as Record<string, unknown>;
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
  expect(refs.length).toBeGreaterThan(50);
  for (const path of refs) {
    const found = path
      .split('/')
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
    expect([path, typeof found]).toEqual([path, 'object']);
  }
  // Of who is called for an event nothing is told: nobody else may ask it.
  expect(JSON.stringify(document)).not.toContain('call.tally.clicked');
});
