import { contract } from './contract.js';
import { command, query } from './operation-kinds.js';
import { Id, Secret } from './fields.js';
import { IsString } from 'class-validator';
import { prepare } from './operation.js';

class Ref {
  @Id() id: string;
}
class Key {
  @Id() id: string;
  @Secret() @IsString() key: string;
}

it('a command whose answer holds a secret is refused at the start: its answer is stored', () => {
  const vault = contract('vault', {
    ownership: 'by-key',
    operations: { make: command({ input: Ref, output: Key, key: 'id' }) },
  });
  expect(() => prepare(vault)).toThrow('vault.make: its answer is stored, so it must not hold secrets (key)');
});

it('a query may answer one, and nobody compares it', () => {
  const vault = contract('vault', {
    ownership: 'by-key',
    operations: { show: query({ input: Ref, output: Key, key: 'id', volatile: ['id'] }) },
  });
  expect(prepare(vault).get('show')?.volatile).toEqual(['id', 'key']);
});
