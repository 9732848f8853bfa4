import { sessionProblems } from './pooled-sessions.js';

const right = {
  synchronous_commit: 'on',
  statement_timeout: '10000',
  idle_in_transaction_session_timeout: '15000',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  session_replication_role: 'origin',
};

it('of sessions that are as they have to be nothing is said', () => {
  expect(sessionProblems(right, 'shop')).toEqual([]);
  expect(sessionProblems({ ...right, synchronous_commit: 'remote_apply' }, 'shop')).toEqual([]);
});

it.each([
  ['synchronous_commit', 'off', `alter role "shop" set synchronous_commit = 'on'`],
  ['synchronous_commit', 'local', `alter role "shop" set synchronous_commit = 'on'`],
  ['statement_timeout', '0', `alter role "shop" set statement_timeout = '10s'`],
  ['idle_in_transaction_session_timeout', '0', `set idle_in_transaction_session_timeout = '15s'`],
  ['default_transaction_isolation', 'serializable', `set default_transaction_isolation = 'read committed'`],
  ['default_transaction_read_only', 'on', `set default_transaction_read_only = 'off'`],
  ['session_replication_role', 'replica', `set session_replication_role = 'origin'`],
])('%s is %s: it is named with what sets it right', (name, value, remedy) => {
  const [problem, ...others] = sessionProblems({ ...right, [name]: value }, 'shop');
  expect(problem).toMatch(new RegExp(`^${name} is ${value}, so `));
  expect(problem).toContain(remedy);
  expect(others).toEqual([]);
});

it('all that is wrong is told at once', () => {
  expect(sessionProblems({}, 'shop')).toHaveLength(Object.keys(right).length);
});
