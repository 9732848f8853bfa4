import { UnavailableError } from 'nestjs-strangler/contract';
import { type Session } from '#contracts';
import { currentContext } from 'nestjs-strangler';
import { Logger } from '@nestjs/common';
import type { UsersPort } from '../ports.js';
import { judge } from './session-rule.js';
import { Sessions } from './sessions.js';

const ann = '01a203db-0000-7000-8000-000000000001';
const patience = { maxAgeMs: 60_000, answerMs: 60_000, awayMs: 60_000 };
const session = (version: number): Session => ({ id: ann, role: 'user', version });
const claims = (version: number) => ({ id: ann, role: 'user', version }) as const;

/** A users module whose answers come when they are let. */
function usersThatWait() {
  const waiting: {
    answer: (session: Session) => void;
    fail: (error: Error) => void;
    forOperator: boolean;
  }[] = [];
  const getSession = () =>
    new Promise<Session>((answer, fail) => {
      waiting.push({ answer, fail, forOperator: currentContext()?.forOperator ?? false });
    });
  return { waiting, sessions: new Sessions({ getSession } as unknown as UsersPort, patience) };
}

beforeEach(() => jest.spyOn(Logger.prototype, 'warn').mockReturnValue());
afterEach(() => jest.restoreAllMocks());

it('an answer on its way when the password was changed is not kept, and the new token counts at once', async () => {
  const { waiting, sessions } = usersThatWait();
  const before = sessions.of(claims(1));
  sessions.forget(ann);
  const after = sessions.of(claims(2));
  waiting[1]!.answer(session(2));
  expect(judge(claims(2), await after)).toBe('user');
  waiting[0]!.answer(session(1));
  await before;
  // The old token has ended here, though its answer came last.
  expect(judge(claims(1), await sessions.of(claims(1)))).toBe('ended');
  expect(waiting).toHaveLength(2);
});

it('a token that was made elsewhere since somebody else asked is asked about once more', async () => {
  const { waiting, sessions } = usersThatWait();
  const [first, fresh] = [sessions.of(claims(1)), sessions.of(claims(2))];
  waiting[0]!.answer(session(1));
  await first;
  await new Promise(setImmediate);
  waiting[1]!.answer(session(2));
  expect(judge(claims(2), await fresh)).toBe('user');
});

it('one that fails is not an outage; three in a row are, and then nobody waits', async () => {
  const { waiting, sessions } = usersThatWait();
  for (let i = 0; i < 3; i++) {
    const asked = sessions.of(claims(1));
    waiting[i]!.fail(new UnavailableError('users', 'slow'));
    expect(await asked).toMatchObject({ asked: false });
  }
  expect(await sessions.of(claims(1))).toMatchObject({ asked: false });
  expect(waiting).toHaveLength(3);
});

it('what is asked to know an operator is marked, so that no gate takes it for a customer', async () => {
  const { waiting, sessions } = usersThatWait();
  const asked = [sessions.of(claims(1)), sessions.of({ ...claims(1), id: 'another', role: 'admin' })];
  expect(waiting.map(({ forOperator }) => forOperator)).toEqual([false, true]);
  for (const { answer } of waiting) answer(session(1));
  await Promise.all(asked);
});
