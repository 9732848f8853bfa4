import { Subjects } from '../../nats/subjects.js';
import { cloudEvent } from './cloud-event.js';

const told = {
  ...{ seq: 7, id: '0190a7d2-0000-7000-8000-000000000001', type: 'stock.sold', requestId: 'r' },
  ...{ data: { sku: 'A' }, at: '2026-01-02T03:04:05.678901+00:00' },
};
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

it('an outsider finds the trace of who has told it, where there is one', () => {
  const subjects = new Subjects();
  expect(cloudEvent(subjects, 'stock', 'A', { ...told, traceparent })).toMatchObject({
    ...{ specversion: '1.0', id: told.id, source: '/shop/stock', subject: 'A', traceparent },
    time: '2026-01-02T03:04:05.678Z',
  });
  expect(cloudEvent(subjects, 'stock', 'A', { ...told, traceparent: null })).not.toHaveProperty(
    'traceparent',
  );
});
