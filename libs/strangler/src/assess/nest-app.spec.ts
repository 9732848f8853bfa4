import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assessFolder } from './assess-folder.js';

/* Why a module of examples/nest-app cannot leave yet: all of it, nothing else, and each at the line that does it. */
const application = 'examples/nest-app';

const blocking = (name: string): string[] => {
  const { obstacles } = assessFolder(application).modules.find((module) => module.name === name)!;
  return obstacles
    .filter(({ blocks }) => blocks)
    .map(({ kind, with: others, at: [place] }) => {
      const { file, line } = place!;
      const code = readFileSync(join(application, file), 'utf8').split('\n')[line - 1]!.trim();
      return `${kind} (${others.join(', ')}): ${code}`;
    });
};

it('medical records are written in a transaction of another module, joined across, and asked at once', () => {
  expect(blocking('records')).toEqual([
    'transaction (appointments): const record = await this.dataSource.transaction(async (manager) => {',
    'writes past (appointments): return manager.save(',
    'sql across (appointments, practitioners, users): return this.dataSource.query(',
    'reads past (patients): const record = await this.records.findOne({',
    'reads past (appointments): const record = await this.records.findOne({',
    'reads past (practitioners): const record = await this.records.findOne({',
    'relation (users): author: User;',
    'cannot cross (appointments): assertPrescribable(patient: Patient, prescriptions: PrescriptionDto[]): void {',
  ]);
});

it('sessions can leave: nothing has to be undone first', () => {
  expect(blocking('sessions')).toEqual([]);
});

describe('it has what real applications have', () => {
  const { modules } = assessFolder(application);
  const said = modules.flatMap(({ name, obstacles }) => obstacles.map((obstacle) => ({ name, ...obstacle })));
  const texts = readdirSync(join(application, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .map((file) => readFileSync(join(application, 'src', file), 'utf8'));

  it.each([
    ['an eager relation across modules', 'relation', / EAGER: /],
    ['a ManyToMany across modules', 'join table', /has no entity/],
    ['a repository that is injected past its service', 'reads past', /past the service/],
    [
      'one transaction over two modules',
      'transaction',
      /is one transaction over appointments, medical_records/,
    ],
    ['an event emitter', 'event', /hears/],
    ['a seed script', 'writes past', /src\/database\/seed\.ts/],
    ['a cron job', 'schedule', /a clock calls/],
  ])('%s', (_what, kind, text) => {
    expect(said.filter((one) => one.kind === kind && text.test(one.text))).not.toEqual([]);
  });

  it('serial ids', () => {
    expect(
      modules.flatMap(({ tables }) => tables).filter(({ ids }) => ids === 'serial').length,
    ).toBeGreaterThan(5);
  });

  it('a service that five other modules inject', () => {
    const callers = said.filter(({ name, kind }) => name === 'users' && kind === 'called by');
    expect(callers.flatMap((one) => one.with).sort()).toEqual([
      ...['appointments', 'auth', 'patients', 'practitioners', 'records'],
    ]);
  });

  it.each([
    ['HttpExceptions', /throw new ConflictException\(/],
    ['@Exclude', /@Exclude\(\)/],
    ['dates', /'timestamptz'[^]*: Date;/],
    ['a unique e-mail', /unique: true \}\)\s+email/],
    ['an interceptor that reads the request', /implements NestInterceptor[^]*getRequest</],
  ])('%s', (_what, text) => {
    expect(texts.filter((each) => text.test(each))).not.toEqual([]);
  });
});
