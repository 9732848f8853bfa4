import { readFileSync } from 'node:fs';
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
