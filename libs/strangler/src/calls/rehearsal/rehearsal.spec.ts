import { CommandUndoneError, DomainError, UnavailableError } from '../../contract/errors.js';
import { BrokenOffError } from '../../database/rolled-back.js';
import { outcomeOfRehearsal } from './rehearsal.js';

/* Only a fault counts against the side on which a command was tried. */

const declared = new Set(['too_many', 'internal', 'validation_failed', 'command_undone', 'unavailable']);
const sql = (code: string) => Object.assign(new Error('x'), { code });
const done = { outcome: 'done' };
const failed = { outcome: 'failed' };
const none = { outcome: 'none', why: expect.any(String) };

it.each<[string, unknown, object]>([
  ['an error that it declares', new DomainError('too_many', {}), done],
  ['one that it does not declare', new DomainError('too_few', {}), failed],
  ['a fault of its code', new TypeError('x is undefined'), failed],
  ['internal', new DomainError('internal', {}), failed],
  ['a command that was taken back', new CommandUndoneError(), done],
  ['a row that is there already', sql('23505'), done],
  ['a row that is not there yet', sql('23503'), done],
  ['a stock that is sold already', sql('23514'), done],
  ['a column without a value', sql('23502'), failed],
  ['a table that is not there', sql('42P01'), failed],
  ['a lock that others hold', sql('55P03'), none],
  ['a deadlock', sql('40P01'), none],
  ['a statement that takes too long', sql('57014'), none],
  ['a server that ended its transaction', sql('25P03'), none],
  ['a command that commits', sql('SR438'), none],
  ['a side that is not the owner', sql('SR409'), none],
  ['a process of an older release', sql('SR426'), none],
  ['a connection that was lost', sql('ECONNRESET'), none],
  ['what was broken off', new BrokenOffError('it takes too long'), none],
  ['a side that is not there', new UnavailableError('toy', 'nobody serves it'), none],
])('%s', (_what, error, outcome) => {
  expect(outcomeOfRehearsal(error, {}, (code) => declared.has(code))).toEqual(outcome);
});

it('a call of another module makes it none, whatever has become of that', () => {
  const error = new DomainError('too_many', {});
  expect(outcomeOfRehearsal(error, { called: 'desk.put' }, () => true)).toEqual({
    outcome: 'none',
    why: 'it calls desk.put',
  });
});
