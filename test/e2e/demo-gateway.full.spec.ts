import { endAllPrograms, startProgram } from '../support/programs.js';

/* `npm run demo -- gateway`, as a user runs it: its own account says whether a request failed, or a basket lost a piece. */
afterAll(endAllPrograms);

it('four routes of the untouched application move under load, one of them also back, and no request fails', async () => {
  const demo = startProgram('apps/demo/src/main.js', ['gateway'], {});
  const code = await demo.ended();
  const account = demo.output().slice(-4_000);
  expect([code, account]).toEqual([0, expect.stringContaining('No request failed')]);
  for (const route of ['/reports', '/catalogue', '/account', '/basket']) {
    expect(account).toMatch(new RegExp(`${route} +${route.slice(1)} +[\\d,]+ +0 +[1-9][\\d,]* +[1-9]`));
  }
}, 600_000);
