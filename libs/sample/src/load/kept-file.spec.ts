import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepOnce, readKept } from './kept-file.js';

describe('a kept file', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kept-'));
    path = join(folder, 'new', 'secret.json');
  });

  afterEach(() => rm(folder, { recursive: true }));

  const keep = (secret: string) => keepOnce(path, ['secret'], () => Promise.resolve({ secret }));

  it('keeps what was made first, and makes nothing again', async () => {
    expect(await keep('first')).toEqual({ secret: 'first' });
    expect(await keep('second')).toEqual({ secret: 'first' });
  });

  it('gives all who make it at once the same, and leaves nothing else behind', async () => {
    const kept = await Promise.all(Array.from({ length: 20 }, (_, i) => keep(`secret ${i}`)));
    expect(new Set(kept.map(({ secret }) => secret)).size).toBe(1);
    expect(await readdir(join(folder, 'new'))).toEqual(['secret.json']);
  });

  it('stays as it is when a slower process has made another: the first one may be in use already', async () => {
    const slow = keepOnce(path, ['secret'], async () => {
      await keep('first');
      return { secret: 'second' };
    });
    expect(await slow).toEqual({ secret: 'first' });
    expect(await keep('third')).toEqual({ secret: 'first' });
  });

  it('cannot be read by other users', async () => {
    await keep('first');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('says when there is none yet', async () => {
    expect(await readKept(path, ['secret'])).toBeUndefined();
  });

  it.each(['', '{', 'null', '[]', '{"secret": 1}', '{"secret": ""}'])(
    'names a file that holds %j, and does not overwrite it',
    async (text) => {
      await keep('first');
      await chmod(path, 0o600);
      await writeFile(path, text);
      await expect(keep('second')).rejects.toThrow(`${path} is damaged: it should hold secret`);
    },
  );

  it('names a folder that is none', async () => {
    await writeFile(join(folder, 'new'), '');
    await expect(keep('first')).rejects.toThrow(/^cannot read .*secret.json: ENOTDIR/);
  });
});
