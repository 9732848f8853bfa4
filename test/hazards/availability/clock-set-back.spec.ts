import { Logger } from '@nestjs/common';
import { SteadyClock } from '#strangler/control/terms/clock';
import { headers as noHeaders, type MsgHdrs } from '@nats-io/transport-node';
import { decodeHeaders, encodeHeaders } from '#strangler/calls/remote/codec';
import { Controlled } from '../../support/controlled.js';
import { until } from '../../support/until.js';

/**
 *     controller                                        the machine's clock
 *     fence; own … no answer; the step is put off
 *                                                       is set back by an hour
 *     the other side is there again: the step is ended
 *
 * Measured by that clock, the step would be tried again in an hour, and nobody would own the buckets until then.
 */

const hour = 3_600_000;
const call = { from: undefined, requestId: 'r', traceparent: undefined, commandId: undefined };

const warned: string[] = [];

beforeEach(() => {
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void warned.push(String(line)));
});
afterEach(() => jest.restoreAllMocks());

it('while a hand-off is stuck: it is ended as soon as the other side is there', async () => {
  const controlled = await Controlled.open();
  try {
    const controller = controlled.controller({ clock: new SteadyClock() });
    await controller.prepare();
    await controlled.want('shadow');
    controller.start();
    await controlled.reaches('shadow');
    let away = false;
    controlled.sides.extracted.fault = async (method, proceed) => {
      away ||= method === 'own';
      if (away) throw new Error('it cannot be reached');
      return proceed();
    };
    await controlled.want('shifting', 10);
    const fence = async () => (await controlled.sides.monolith.control.state()).ownership.fenceFrom;
    await until('it is stuck', async () => (away && (await fence()) !== null ? true : undefined));
    await until(
      'it is put off',
      () => warned.some((line) => line.includes('cannot be reached')) || undefined,
    );
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now - hour);
    controlled.sides.extracted.fault = undefined;
    await until('nothing is fenced', async () => ((await fence()) === null ? true : undefined));
    await controlled.reaches('shifting', 10);
  } finally {
    await controlled.close();
  }
});

it('on the machine of the next leader: what the one before has written is not in the future', () => {
  const before = new SteadyClock();
  before.saw(Date.now() + hour);
  const stepSince = before.now();
  const next = new SteadyClock();
  next.saw(Date.now());
  next.saw(stepSince);
  expect(next.now()).toBeGreaterThanOrEqual(stepSince);
  expect(next.now() - stepSince).toBeLessThan(hour);
  next.saw(stepSince - hour);
  expect(next.now()).toBeGreaterThanOrEqual(stepSince);
});

/** Headers as whoever is called gets them. */
function arrived(sent: MsgHdrs): MsgHdrs {
  const read = noHeaders();
  const text = Buffer.from((sent as MsgHdrs & { encode(): Uint8Array }).encode()).toString();
  for (const [, name = '', value = ''] of text.matchAll(/^([\w-]+): (.*)\r$/gm)) read.set(name, value);
  return read;
}

it.each([-hour, hour])(
  'a call to a process whose clocks differ by %d ms has as much time as its caller left it',
  (apart) => {
    const here = performance.now();
    const headers = arrived(encodeHeaders({ ...call, deadline: here + 10_000 }));
    const there = here + apart;
    jest.spyOn(performance, 'now').mockReturnValue(there);
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + apart);
    const { deadline } = decodeHeaders({ headers });
    expect(deadline).toBeGreaterThan(there + 9_000);
    expect(deadline).toBeLessThanOrEqual(there + 10_000);
  },
);

it('a call of a release that named the time of its clock is not late, whatever that clock says', () => {
  const headers = arrived(encodeHeaders({ ...call, deadline: undefined }));
  headers.set('Deadline', String(Date.now() - hour));
  expect(decodeHeaders({ headers }).deadline).toBeUndefined();
});
