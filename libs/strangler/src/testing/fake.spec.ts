import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { IsInt } from 'class-validator';
import { command, contract, query, serviceContract } from '../contract/index.js';
import { Word } from '../contract/word.fixture.js';
import { InjectPort } from '../calls/ports.js';
import type { Port } from '../calls/ports.js';
import { fakeOf } from './fake.js';

class Named {
  @Word() name: string;
}
class Weighed extends Named {
  @IsInt() weight: number;
}
const scales = contract('scales', {
  ownership: 'by-key',
  operations: {
    look: query({ input: Named, output: Weighed, errors: ['not_found'], key: 'name' }),
    weigh: command({ input: Weighed, output: Weighed, errors: ['too_heavy'], key: 'name' }),
  },
});

@Injectable()
class Shop {
  constructor(@InjectPort(scales) private readonly port: Port<typeof scales>) {}
  async price(name: string): Promise<number> {
    return 2 * (await this.port.look({ name })).weight;
  }
}

it('answers in the place of the module, and tells what it was asked', async () => {
  const fake = fakeOf(scales, { look: ({ name }) => ({ name, weight: 3 }) });
  const app = await Test.createTestingModule({ providers: [Shop, ...fake.providers] }).compile();
  expect(await app.get(Shop).price(' apple ')).toBe(6);
  expect(fake.calls).toEqual([{ operation: 'look', input: { name: 'APPLE' }, commandId: undefined }]);
});

it('refuses an input as the module would, and tells nobody of it', async () => {
  const fake = fakeOf(scales, { look: ({ name }) => ({ name, weight: 3 }) });
  await expect(fake.port.look({ name: 'a b' })).rejects.toMatchObject({ code: 'validation_failed' });
  expect(fake.calls).toEqual([]);
});

it.each([
  [
    'an answer that the module could not give',
    () => ({ name: 'A', weight: 0.5 }),
    /does not allow: .*weight/,
  ],
  ['a field that the contract has not', () => ({ name: 'A', weight: 1, colour: 'red' }), /colour/],
  ['no answer', () => undefined as never, /does not allow/],
])('%s fails the test', async (_what, look, message) => {
  await expect(fakeOf(scales, { look }).port.look({ name: 'A' })).rejects.toThrow(message);
});

it('an error passes where the contract declares it, and fails the test elsewhere', async () => {
  const refuse = () => Promise.reject(scales.error('weigh', 'too_heavy', { most: 9 }));
  const fake = fakeOf(scales, { weigh: refuse, look: refuse });
  await expect(fake.port.weigh({ name: 'A', weight: 10 })).rejects.toMatchObject({
    code: 'too_heavy',
    data: { most: 9 },
  });
  await expect(fake.port.look({ name: 'A' })).rejects.toThrow(
    'the fake of scales.look throws too_heavy, which its contract does not declare',
  );
});

it('an operation without an answer says which one', async () => {
  await expect(fakeOf(scales, {}).port.look({ name: 'A' })).rejects.toThrow(
    'the fake of scales.look has no answer: give it one, fakeOf(scales, { look: … })',
  );
});

it('a command that comes again is answered from the first time, and refused with another input', async () => {
  let weighed = 0;
  const weigh = ({ name }: Weighed) => ({ name, weight: ++weighed });
  const { port, calls } = fakeOf(scales, { weigh, look: ({ name }) => weigh({ name, weight: 0 }) });
  const input = { name: 'A', weight: 1 };
  expect(await port.weigh(input, { commandId: 'c' })).toEqual({ name: 'A', weight: 1 });
  expect(await port.weigh({ name: 'a', weight: 1 }, { commandId: 'c' })).toEqual({ name: 'A', weight: 1 });
  expect(await port.weigh(input)).toEqual({ name: 'A', weight: 2 });
  await expect(port.weigh({ name: 'A', weight: 2 }, { commandId: 'c' })).rejects.toMatchObject({
    code: 'idempotency_key_reused',
  });
  expect(calls.map(({ commandId }) => commandId)).toEqual(['c', 'c', undefined, 'c']);
});

it('a refused command may come again under its id', async () => {
  let full = true;
  const weigh = (input: Weighed) => {
    if (full) throw scales.error('weigh', 'too_heavy', {});
    return input;
  };
  const { port } = fakeOf(scales, { weigh });
  const input = { name: 'A', weight: 1 };
  await expect(port.weigh(input, { commandId: 'c' })).rejects.toMatchObject({ code: 'too_heavy' });
  full = false;
  expect(await port.weigh(input, { commandId: 'c' })).toEqual(input);
});

describe('of a service behind its class', () => {
  class Session {
    constructor(readonly id: string) {}
  }
  @Injectable()
  class Sessions {
    async find(id: string): Promise<Session> {
      return new Session(id);
    }
    async revoke(_id: string): Promise<void> {}
  }
  @Injectable()
  class Login {
    constructor(private readonly sessions: Sessions) {}
    async isOpen(id: string): Promise<boolean> {
      return (await this.sessions.find(id)) instanceof Session;
    }
  }
  const sessions = serviceContract('sessions', Sessions, {
    classes: [Session],
    operations: { find: 'query', revoke: 'command' },
  });

  it('whoever injects the class gets the fake, whose answers keep their class', async () => {
    const fake = fakeOf(sessions, { find: async (id) => new Session(id) });
    const app = await Test.createTestingModule({ providers: [Login, ...fake.providers] }).compile();
    expect(await app.get(Login).isOpen('7')).toBe(true);
    expect(fake.calls).toMatchObject([{ operation: 'find', input: { given: ['7'] } }]);
    await expect(app.get(Sessions).revoke('7')).rejects.toThrow('the fake of sessions.revoke has no answer');
  });
});
