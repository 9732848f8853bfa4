import { Allow, IsArray, IsDate, IsInt } from 'class-validator';
import { contract } from './contract.js';
import { query } from './operation-kinds.js';
import type { Dto } from './dto.js';
import { List, Nested } from './fields.js';

class Ref {
  @IsInt() id: number;
}
class NoRules {
  id: number;
}
class Dated {
  @IsDate() at: Date;
}
class WithDated {
  @Nested(() => Dated) inner: Dated;
}
class ListOfDated {
  @List(() => WithDated) items: WithDated[];
}
class Large {
  @Allow() total: bigint;
}
class Keyed {
  @Allow() byId: Map<string, string>;
}
class Ring {
  @Nested(() => Ring) next: Ring;
  @IsArray() names: string[];
}

const declared = (input: Dto<unknown>, output: Dto<unknown>) => () =>
  contract('shelf', { ownership: 'whole', operations: { look: query({ input, output }) } });

it.each<[string, Dto<unknown>, Dto<unknown>, string]>([
  [
    'an output without rules',
    Ref,
    NoRules,
    'its output NoRules has no rules, so nothing of it would be answered',
  ],
  ['a date', Ref, ListOfDated, 'Dated.at is a Date, which JSON has no form for: make it text of ISO 8601'],
  ['a date that is given', WithDated, Ref, 'Dated.at is a Date'],
  ['a BigInt', Ref, Large, 'Large.total is a BigInt'],
  ['a Map', Ref, Keyed, 'Keyed.byId is a Map'],
])('%s is refused when the contract is made', (_what, input, output, problem) => {
  expect(declared(input, output)).toThrow(`shelf.look: ${problem}`);
});

it('an input without rules takes nothing, and an output may hold its own kind', () => {
  expect(declared(NoRules, Ring)).not.toThrow();
});
