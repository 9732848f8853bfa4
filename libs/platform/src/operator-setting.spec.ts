import { operatorSetting } from './operator-setting.js';

const secret = '4f1d0c6b9a8e7352' + 'b0a1c2d3e4f59687';

it('each token says whose it is, and which setting it stands in what he may do', () => {
  const env = { ADMIN_TOKEN: `ann.${secret}, ben-2.${secret}x`, VIEWER_TOKEN: `wall.${secret}==` };
  expect(operatorSetting(env)).toEqual([
    { name: 'ann', token: `ann.${secret}`, role: 'admin' },
    { name: 'ben-2', token: `ben-2.${secret}x`, role: 'admin' },
    { name: 'wall', token: `wall.${secret}==`, role: 'viewer' },
  ]);
  expect(operatorSetting({})).toEqual([]);
});

it("a token of an identity provider, which the command line's ADMIN_TOKEN may be, is none", () => {
  expect(operatorSetting({ ADMIN_TOKEN: `${secret}.${secret}.${secret}` })).toEqual([]);
});

it.each([
  ['without a name', secret],
  ['with an empty one', `.${secret}`],
  ['shorter than 32 characters', `ann.${secret.slice(1)}`],
  ['of few characters, repeated', `ann.${'abcdefg'.repeat(5)}`],
  ['with a blank inside', `ann.${secret} x`],
  ['behind a good one', `ann.${secret},ben.secret`],
])('one that is %s stops the start, and is not shown', (_what, token) => {
  const failure = (() => {
    try {
      return operatorSetting({ ADMIN_TOKEN: token });
    } catch (error) {
      return (error as Error).message;
    }
  })();
  expect(failure).toMatch(/^ADMIN_TOKEN: a name, a dot and at least 32 characters/);
  expect(failure).not.toContain(token.slice(-6));
});
