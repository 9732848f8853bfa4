import { IncomingMessage, type IncomingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import { clientAddress, forwarded, isSecure } from './forwarded.js';

const asked = (headers: IncomingHttpHeaders, remoteAddress = '10.0.0.1'): IncomingMessage => {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress });
  return Object.assign(new IncomingMessage(socket), { headers });
};
const chain = {
  host: 'gateway',
  'x-forwarded-for': '192.0.2.9, 198.51.100.7 ,10.0.0.2',
  'x-forwarded-proto': 'https, http',
  'x-forwarded-host': 'shop.example, inner',
};

describe('who a request is from', () => {
  it.each([
    [0, '10.0.0.1'],
    [1, '10.0.0.2'],
    [2, '198.51.100.7'],
    [3, '192.0.2.9'],
    // There are not so many.
    [9, '192.0.2.9'],
  ])('with %i trusted proxies nobody can say that he is somebody before %s', (proxies, address) => {
    expect(clientAddress(asked(chain), proxies)).toBe(address);
  });

  it('who says nothing is who connects', () => {
    expect(clientAddress(asked({ 'x-forwarded-for': ' , ' }), 1)).toBe('10.0.0.1');
    expect(isSecure(asked({}), 1)).toBe(false);
  });
});

describe('what an upstream is told', () => {
  it('nothing of what came along, where no proxy is trusted', () => {
    const told = ['X-Forwarded-For', '10.0.0.1', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'gateway'];
    expect(forwarded(asked(chain), 0)).toEqual(told);
  });

  it('the word of trusted proxies, and who has asked from here', () => {
    const told = ['X-Forwarded-For', '198.51.100.7, 10.0.0.2, 10.0.0.1'];
    expect(forwarded(asked(chain), 2)).toEqual([
      ...told,
      ...['X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'shop.example'],
    ]);
  });

  it('what a client has said itself is not the word of the proxy that adds to it', () => {
    const claimed = {
      ...chain,
      'x-forwarded-proto': 'https, http',
      'x-forwarded-host': 'evil.example, shop.example',
    };
    expect(forwarded(asked(claimed), 1).slice(2)).toEqual([
      ...['X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'shop.example'],
    ]);
    expect(isSecure(asked(claimed), 1)).toBe(false);
  });

  it('no host that is none, and an IPv4 address as one', () => {
    const request = asked({ host: 'a', 'x-forwarded-host': 'a b' }, '::ffff:127.0.0.1');
    expect(forwarded(request, 1)).toEqual(['X-Forwarded-For', '127.0.0.1', 'X-Forwarded-Proto', 'http']);
  });
});
