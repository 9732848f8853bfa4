import { isOwn, isToken, sessionOf } from './session-cookie.js';

const request = (headers: Record<string, string>, method = 'GET') => ({
  headers: { host: 'localhost:3001', ...headers },
  method,
});

describe('the token of a session', () => {
  it('is that of the cookie of this listener', () => {
    const cookie = 'theme=dark; strangler-3001=a.b-c; strangler-3002=other';
    expect(sessionOf(request({ cookie }))).toBe('a.b-c');
    expect(sessionOf(request({ cookie, host: 'localhost:3002' }))).toBe('other');
    expect(sessionOf(request({ cookie, host: 'localhost:3003' }))).toBeUndefined();
    expect(sessionOf(request({}))).toBeUndefined();
  });

  it('is nothing that could be something else in a header', () => {
    for (const token of ['', 'a b', 'a\r\nx: y', 'ä', 'a'.repeat(5_000)]) {
      expect(isToken(token)).toBe(false);
      expect(sessionOf(request({ cookie: `strangler-3001=${token}` }))).toBeUndefined();
    }
  });

  it('does not count for what another page has its browser send', () => {
    const cookie = 'strangler-3001=token';
    expect(sessionOf(request({ cookie, 'sec-fetch-site': 'same-site' }, 'POST'))).toBeUndefined();
    expect(sessionOf(request({ cookie, 'sec-fetch-site': 'same-site' }))).toBeUndefined();
    expect(sessionOf(request({ cookie, 'sec-fetch-site': 'same-origin' }, 'POST'))).toBe('token');
  });
});

describe('a request of the page itself', () => {
  it.each([
    ['POST', { 'sec-fetch-site': 'same-origin' }, true],
    ['POST', { 'sec-fetch-site': 'cross-site' }, false],
    ['POST', { 'sec-fetch-site': 'same-site' }, false],
    // Typed, or from a bookmark: that only opens the page.
    ['POST', { 'sec-fetch-site': 'none' }, false],
    ['GET', { 'sec-fetch-site': 'none' }, true],
    // A browser without Sec-Fetch-Site (plain HTTP to another machine) says the origin of what changes something.
    ['POST', { origin: 'http://localhost:3001' }, true],
    ['POST', { origin: 'http://localhost:3000' }, false],
    ['POST', { origin: 'null' }, false],
    ['POST', {}, false],
    ['GET', {}, true],
  ])('%s with %j: %s', (method, headers: Record<string, string>, own) => {
    expect(isOwn(request(headers, method))).toBe(own);
  });
});
