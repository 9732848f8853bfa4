import { Logger } from '@nestjs/common';
import { refusal } from '../../support/failure.js';
import { toyDesk } from '../../support/toy-desk.js';
import { refused, till } from '../../support/toy-modules.js';

/* A fault in a saga's own code must not vanish: the caller hears `internal`, so the log has to know what it was. */
const desk = toyDesk();
beforeEach(() => desk.modules.away('till'));

const serve = () => desk.modules.port.serve({ name: 'A' });
const logged = () => JSON.stringify((Logger.prototype.error as jest.Mock).mock.calls);
const step = (name: string) =>
  desk.modules.saga.steps.find((each) => each.name === name) as never as Record<string, unknown>;
const fault = () => Promise.reject(new Error('the stamp is broken'));

it('in a step of a stored saga: all is undone, and the log names the step and the fault', async () => {
  step('stamp')['run'] = fault;
  expect(await refusal(serve())).toEqual({ code: 'internal', data: { traceId: '-' } });
  expect(await desk.effects()).toMatchObject({
    shelf: ['take A', 'giveBack A'],
    till: ['pay A', 'payBack A'],
  });
  expect(logged()).toContain('the stamp is broken');
  expect(logged()).toContain('"stamp"');
});

it('in an undo: it is tried again, and the log names the step and the fault', async () => {
  desk.modules.remote.next('till.pay', refused(till.error('pay', 'declined')));
  step('note')['undo'] = fault;
  expect(await refusal(serve())).toMatchObject({ code: 'declined' });
  expect(await desk.sagas()).toMatchObject([{ status: 'compensating', step: 1, attempts: 1 }]);
  expect(logged()).toContain('the stamp is broken');
  expect(logged()).toContain('"note"');
});

it('what a module refuses is no fault: nothing is logged', async () => {
  desk.modules.remote.next('till.pay', refused(till.error('pay', 'declined')));
  await refusal(serve());
  expect(logged()).toBe('[]');
});
