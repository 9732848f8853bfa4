import { Logger } from '@nestjs/common';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { standpointOf } from './standpoint.fixture.js';
import { WitnessFile } from './witness-file.js';
import { agrees, inNeither, witnessOf, type Witness } from './witness.js';

let folder: string;
let file: WitnessFile;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'witness-'));
  file = new WitnessFile(`${folder}/`, 'box');
  file.locate('d');
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  jest.restoreAllMocks();
});

const mine = standpointOf('monolith', {
  start: 's1',
  epoch: 3,
  life: 2,
  term: 5,
  confirmed: { term: 5, seq: 1 },
});
/** What another process has of the same file. */
const another = (): WitnessFile => {
  const same = new WitnessFile(`${folder}/`, 'box');
  same.locate('d');
  return same;
};
const begun = (): Witness => {
  file.begin(witnessOf(mine));
  return file.read()!;
};
const has = () => true;
const hasNot = (ids: readonly number[]) => ids.length === 0;

it('knows nothing of a module that was never paired', () => expect(file.read()).toBeUndefined());

it('agrees with the database that it was written of, and with one that has gone on since', () => {
  const witness = begun();
  expect(agrees(witness, mine, has)).toBe(true);
  expect(agrees(witness, { ...mine, epoch: 4, term: 6, confirmed: { term: 6, seq: 1 } }, hasNot)).toBe(true);
  expect(agrees(witness, { ...mine, life: 3, confirmed: null }, hasNot)).toBe(true);
});

it.each([
  ['an epoch', { epoch: 2 }],
  ['a leadership', { term: 4 }],
  ['a life', { life: 1 }],
  ['what was confirmed', { confirmed: null }],
])('does not agree with one that has lost %s', (_what, change) => {
  expect(agrees(begun(), { ...mine, ...change }, has)).toBe(false);
});

it('does not agree with one that has lost a row that was stored on the other side', () => {
  begun();
  expect(file.stored('s1', { term: 5, seq: 2, ids: [17] }, mine.confirmed, 2)).toBe(true);
  const witness = file.read()!;
  expect(agrees(witness, mine, has)).toBe(true);
  expect(agrees(witness, mine, hasNot)).toBe(false);
  expect(agrees(witness, { ...mine, confirmed: { term: 5, seq: 2 } }, hasNot)).toBe(true);
});

describe('batch after batch', () => {
  const storedUpTo = (last: number) => {
    for (let seq = 2; seq <= last; seq++) {
      expect(file.stored('s1', { term: 5, seq, ids: [seq] }, { term: 5, seq: seq - 2 }, 2)).toBe(true);
    }
  };
  const idsRead = () => file.read()?.received.map(({ ids: [id] }) => id);
  const fileNow = () => statSync(file.path);

  it('goes into the same file, and what is confirmed meanwhile counts no more', () => {
    begun();
    const { ino } = fileNow();
    storedUpTo(2);
    expect(fileNow().ino).toBe(ino);
    storedUpTo(9);
    expect(idsRead()).toEqual([8, 9]);
  });

  it('the file stays small', () => {
    begun();
    storedUpTo(200);
    expect(idsRead()).toEqual([199, 200]);
    expect(fileNow().size).toBeLessThan(17_000);
  });

  it('a new life begins without those of before', () => {
    begun();
    storedUpTo(3);
    file.stored('s1', { term: 6, seq: 1, ids: [17] }, null, 3);
    expect(file.read()).toMatchObject({ life: 3, term: 6, received: [{ ids: [17] }] });
  });

  it('a process that dies as it writes has told nobody: what was there before counts, and what comes after', () => {
    begun();
    storedUpTo(3);
    truncateSync(file.path, fileNow().size - 3);
    expect(idsRead()).toEqual([2]);
    expect(another().stored('s1', { term: 6, seq: 1, ids: [17] }, mine.confirmed, 2)).toBe(true);
    expect(idsRead()).toEqual([2, 17]);
  });

  it.each(['rubbish', '{"start":"s0","life":2,"confirmed":null,"batch":{"term":5,"seq":9,"ids":[9]}}'])(
    'a line that nobody can have written so: all of it proves nothing: %p',
    (line) => {
      begun();
      appendFileSync(file.path, `${line}\n`);
      storedUpTo(2);
      expect(file.read()).toBeNull();
    },
  );

  it('one that another release has written in one piece goes on', () => {
    begun();
    truncateSync(file.path, fileNow().size - 1);
    storedUpTo(3);
    expect(idsRead()).toEqual([2, 3]);
  });
});

it('nobody is told of a batch of an earlier start, once a later one has been proven without it', () => {
  const witness = begun();
  file.begin({ ...witness, start: 's2' });
  expect(file.stored('s1', { term: 5, seq: 2, ids: [17] }, null, 2)).toBe(false);
  expect(file.read()!.received).toEqual([]);
});

it('a file that has not seen the present start be proven is given up: it would not know all', () => {
  begun();
  expect(file.stored('s2', { term: 5, seq: 2, ids: [17] }, null, 2)).toBe(true);
  expect(file.read()).toBeNull();
  file.end();
  expect(file.read()).toBeNull();
  file.begin(witnessOf({ ...mine, start: 's2' }));
  expect(file.read()).toMatchObject({ start: 's2' });
});

it('the clock was set back: a later start that looks earlier is a later one', () => {
  file.begin(witnessOf({ ...mine, start: 's9' }));
  file.begin({ ...file.read()!, start: 's1' });
  expect(file.stored('s1', { term: 5, seq: 2, ids: [17] }, null, 2)).toBe(true);
  expect(file.stored('s9', { term: 5, seq: 3, ids: [18] }, null, 2)).toBe(false);
  expect(file.read()!.received.map(({ ids }) => ids)).toEqual([[17]]);
});

it('a process that comes to this start later takes nothing away that was written meanwhile', () => {
  begun();
  const asked = witnessOf(mine);
  file.stored('s1', { term: 5, seq: 2, ids: [17] }, mine.confirmed, 2);
  file.begin(asked);
  expect(file.read()!.received.map(({ ids }) => ids)).toEqual([[17]]);
});

it('a process elsewhere leads, and writes another file: what this one knows is not all, and it is given up', () => {
  const shared = another();
  begun();
  shared.stored('s1', { term: 6, seq: 1, ids: [17] }, mine.confirmed, 2);
  expect(file.follow({ term: 6, seq: 1 })).toBe(false);
  expect(file.read()!.received.map(({ ids }) => ids)).toEqual([[17]]);
  expect(file.follow({ term: 6, seq: 2 })).toBe(true);
  expect(file.read()).toBeNull();
});

it('a former leader changes nothing of what a later one has written', () => {
  begun();
  file.stored('s1', { term: 6, seq: 1, ids: [20] }, mine.confirmed, 2);
  expect(file.stored('s1', { term: 5, seq: 9, ids: [17] }, mine.confirmed, 2)).toBe(true);
  expect(file.read()!.received.map(({ ids }) => ids)).toEqual([[20]]);
});

it('an epoch that another process has written counts', () => {
  begun();
  another().sawEpoch(9);
  expect(file.read()!.epoch).toBe(9);
});

it('after the machine has ended only what was synced counts; else the peer has to be asked', () => {
  begun();
  const [name] = readdirSync(folder);
  const path = join(folder, name!);
  const elsewhere = () =>
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"boot":"[^"]*"/, '"boot":"another"'));
  elsewhere();
  expect(file.read()).toBeNull();
  begun();
  file.end();
  elsewhere();
  expect(file.read()).toMatchObject({ epoch: 3 });
});

it('forgotten, it knows of no pairing', () => {
  begun();
  file.sawEpoch(9);
  expect(file.forget()).toBe(true);
  expect(readdirSync(folder)).toEqual([]);
});

it.each(['/', '/witness'])('two databases of one machine have a file each (WITNESS_FILE=…%s)', (base) => {
  const [one, other] = ['d1', 'd2'].map((database) => {
    const of = new WitnessFile(`${folder}${base}`, 'box');
    of.locate(database);
    return of;
  }) as [WitnessFile, WitnessFile];
  one.begin(witnessOf(mine));
  expect(other.read()).toBeUndefined();
  other.begin(witnessOf({ ...mine, start: 's2' }));
  expect(one.stored('s1', { term: 5, seq: 2, ids: [17] }, mine.confirmed, 2)).toBe(true);
  expect(one.read()!.received.map(({ ids }) => ids)).toEqual([[17]]);
});

describe('a file that cannot be read', () => {
  it.each(['', '{"start":"s1","epo', 'rubbish', '{"synced":true}'])(
    'says of a pairing, and proves nothing: %p',
    (content) => {
      begun();
      writeFileSync(file.path, content);
      expect(file.read()).toBeNull();
      expect(file.stored('s1', { term: 5, seq: 2, ids: [17] }, null, 2)).toBe(true);
      file.sawEpoch(9);
      file.end();
      expect(file.read()).toBeNull();
      file.begin(witnessOf(mine));
      expect(file.read()).toMatchObject({ start: 's1', epoch: 3 });
    },
  );

  it('of what was missing: that is all that is known', () => {
    begun();
    writeFileSync(`${file.path}.unprovable`, 'x');
    expect(file.unprovable()).toMatchObject({ since: null, path: `${file.path}.unprovable` });
  });

  it.each(['', '{}', '{"epoch":"x"}'])(
    'of an epoch: it proves nothing, until the next one is written down: %p',
    (content) => {
      begun();
      writeFileSync(`${file.path}.epoch`, content);
      expect(file.read()).toBeNull();
      file.sawEpoch(9);
      expect(file.read()).toMatchObject({ epoch: 9 });
    },
  );

  it('something else stands in its place, and cannot be replaced: that is said, and what to do', () => {
    mkdirSync(join(file.path, 'a folder'), { recursive: true });
    expect(file.read()).toBeNull();
    expect(() => file.begin(witnessOf(mine))).toThrow(`${file.path} cannot be written`);
    expect(file.stored('s1', { term: 5, seq: 2, ids: [17] }, null, 2)).toBe(true);
  });
});

it('where nothing can be written, and nothing stands, the peer alone proves', () => {
  writeFileSync(join(folder, 'a file'), '');
  const nowhere = new WitnessFile(join(folder, 'a file', 'witness'), 'box');
  nowhere.locate('d');
  nowhere.begin(witnessOf(mine));
  expect(nowhere.stored('s1', { term: 5, seq: 2, ids: [17] }, null, 2)).toBe(true);
  expect(nowhere.read()).toBeUndefined();
});

describe('both databases are older than the witness', () => {
  const seen = (): Witness => {
    begun();
    file.stored('s1', { term: 5, seq: 2, ids: [17] }, mine.confirmed, 2);
    return file.read()!;
  };
  const told = (seq: number) => standpointOf('extracted', { appliedLife: 2, applied: { term: 5, seq } });

  it('what neither has any more is found', () => {
    expect(inNeither(seen(), hasNot, mine, told(1))).toEqual({
      above: { term: 5, seq: 1 },
      upTo: { term: 5, seq: 2 },
    });
  });

  it.each([
    ['the peer has it', told(2), hasNot],
    ['it waits in the outbox', told(1), has],
  ])('nothing is, if %s', (_what, peer, holds) => {
    expect(inNeither(seen(), holds, mine, peer)).toBeUndefined();
  });

  it('until when it may have been answered: answers come after what they rely on was written', () => {
    seen();
    utimesSync(file.path, new Date(), new Date('2026-01-01T00:00:00.000Z'));
    expect(file.answeredUntil()).toBe('2026-01-01T00:00:10.000Z');
  });

  it('it is kept until a person deletes it, from the first moment on', () => {
    begun();
    const [above, upTo] = [
      { term: 5, seq: 1 },
      { term: 5, seq: 2 },
    ];
    file.report({ since: '2026-01-02', until: '2026-01-03', above, upTo });
    file.report({ since: '2026-01-01', until: '2026-01-04', above: upTo, upTo });
    file.forget();
    expect(file.unprovable()).toMatchObject({ since: '2026-01-01', until: '2026-01-04', above, upTo });
  });
});
