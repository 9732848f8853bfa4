import { copiesSetting } from './copies-setting.js';

const read = (LEGACY_URL?: string) => copiesSetting({ LEGACY_URL }, 'LEGACY_URL');

describe('the setting of copies', () => {
  it('takes one, or several with commas', () => {
    expect(read()).toBeUndefined();
    expect(read('http://a:1')).toEqual(['http://a:1']);
    expect(read('http://a:1/, https://[::1]:2')).toEqual(['http://a:1', 'https://[::1]:2']);
  });

  it.each([
    ...[
      'a:1',
      'ftp://a',
      'http://a:1,',
      'http://a/app',
      'http://a?x',
      'http://me:secret@a',
      'http://a,http://a:80',
    ],
    Array.from({ length: 33 }, (_, at) => `http://a:${at + 1}`).join(),
  ])('stops the boot at %s, and does not say it', (text) => {
    expect(() => read(text)).toThrow(/^LEGACY_URL: /);
    expect(() => read(text)).not.toThrow(/secret/);
  });
});
