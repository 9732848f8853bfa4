import { rateSettings } from './rate-settings.js';

const all = (perSecond: number, burst: number) => ({ perSecond, burst, loopback: true });

it('without a setting, who is on this machine is not limited', () => {
  expect(rateSettings({})).toEqual({
    perAddress: { perSecond: 100, burst: 400, loopback: false },
    perUser: { perSecond: 50, burst: 200, loopback: false },
    perRoute: {},
  });
});

it.each([
  ['50/s burst 100', all(50, 100)],
  ['50/s', all(50, 50)],
  ['30/m', all(0.5, 1)],
  ['600/m  burst 20', all(10, 20)],
  ['0', undefined],
])('%s', (text, rate) => expect(rateSettings({ RATE_PER_USER: text }).perUser).toEqual(rate));

it('routes have one rate, or some of them their own', () => {
  const named = 'GET /api/v1/orders 20/s burst 40, POST /api/v1/orders 5/s , 200/s, GET /api/v1/products 0';
  expect(rateSettings({ RATE_PER_ROUTE: '10/s' }).perRoute).toEqual({ '*': all(10, 10) });
  expect(rateSettings({ RATE_PER_ROUTE: named }).perRoute).toEqual({
    'GET /api/v1/orders': all(20, 40),
    'POST /api/v1/orders': all(5, 5),
    '*': all(200, 200),
  });
});

it.each([
  '50',
  '0/s',
  '50/s burst 0',
  '-1/s',
  '50/h',
  '50/s bursts 5',
  '5000000/s',
  '50/s, 60/s x',
  'GET /a',
  '1e9/s',
])('%s is refused, by its name', (text) => {
  const expected = ': a rate as "50/s", "600/m" or "50/s burst 100" is expected, or 0 for none';
  expect(() => rateSettings({ RATE_PER_ROUTE: text })).toThrow(`RATE_PER_ROUTE=${text}${expected}`);
  expect(() => rateSettings({ RATE_PER_ADDRESS: text })).toThrow('RATE_PER_ADDRESS=');
});
