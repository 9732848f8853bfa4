import { readOptions } from './options.js';

const read = (args: string[], env = {}) => readOptions(['node', 'main.js', ...args], env);

describe('the command line', () => {
  it('sends everything as fast as four at a time go, in a run of its own, unless told otherwise', () => {
    const { run, ...rest } = read([]);
    expect(rest).toEqual({
      limit: Infinity,
      rate: Infinity,
      concurrency: 4,
      url: 'http://localhost:3000',
      patienceMs: 60_000,
      dataDir: '.data',
      json: false,
    });
    expect(run).toMatch(/^[0-9a-f]{8}$/);
    expect(read([]).run).not.toBe(run);
  });

  it('takes what it is given', () => {
    const args =
      '--limit 5 --rate 0.5 --concurrency 8 --url http://shop.example/ --run a.b-1 --patience 2.5 --json';
    expect(read(args.split(' '), { DATA_DIR: '/data' })).toEqual({
      limit: 5,
      rate: 0.5,
      concurrency: 8,
      url: 'http://shop.example',
      run: 'a.b-1',
      patienceMs: 2_500,
      dataDir: '/data',
      json: true,
    });
  });

  it('looks for the shop where its setting says', () => {
    expect(read([], { PORT: '4000' }).url).toBe('http://localhost:4000');
    expect(() => read([], { PORT: 'x' })).toThrow('PORT=x');
  });
});
