import { IsString } from 'class-validator';
import { contract } from '../../contract/contract.js';
import { event } from '../../contract/event.js';
import { command } from '../../contract/operation-kinds.js';
import { subscription } from '../../contract/subscription.js';
import { Subscribers } from './subscribers.js';

class Word {
  @IsString() word: string;
}

const said = event('talk.said', { data: Word, key: 'word' });
const sung = event('talk.sung', { data: Word, key: ({ word }) => word });
const operations = { say: command({ input: Word, output: Word, key: 'word' }) };
const talk = contract('talk', { ownership: 'by-key', operations, events: [said, sung] });
const key = ({ word }: Word) => word;
const ears = (subscriptions: Record<string, ReturnType<typeof subscription<Word>>>) =>
  contract('ears', { ownership: 'by-key', operations: subscriptions });

it('a module is called for events of another one, each type by its command', () => {
  const hearing = ears({ hear: subscription(said, { key }), listen: subscription(sung, { key }) });
  const [subscriber, ...others] = new Subscribers([talk, hearing]).modulesOf('talk');
  expect(others).toEqual([]);
  expect(subscriber).toMatchObject({ name: 'ears', fromFirst: false });
  expect([...subscriber!.commands].map(([type, { name }]) => [type, name])).toEqual([
    ['talk.said', 'hear'],
    ['talk.sung', 'listen'],
  ]);
  expect(new Subscribers([talk, hearing]).of('ears')).toEqual([]);
});

it('and for its own', () => {
  const itself = contract('talk', {
    ownership: 'by-key',
    operations: { again: subscription(said, { key, from: 'first' }) },
    events: [said],
  });
  expect(new Subscribers([itself]).of('talk')).toMatchObject([{ name: 'talk', fromFirst: true }]);
});

it('the publisher need not be known', () => {
  expect(new Subscribers([ears({ hear: subscription(said, { key }) })]).of('talk')).toHaveLength(1);
});

it.each([
  [
    'an event that is not told',
    () => ears({ hear: subscription(event('talk.shouted', { data: Word, key }), { key }) }),
    'ears.hear waits for talk.shouted, which talk does not tell',
  ],
  [
    'two commands for one type',
    () => ears({ hear: subscription(said, { key }), again: subscription(said, { key }) }),
    'ears has two commands for one type of event',
  ],
  [
    'two beginnings',
    () => ears({ hear: subscription(said, { key }), listen: subscription(sung, { key, from: 'first' }) }),
    'ears begins with the first event of talk, or with the next one: say one of them',
  ],
])('%s is refused', (_what, subscriber, problem) => {
  expect(() => new Subscribers([talk, subscriber()])).toThrow(problem);
});

it.each([
  ['said', '"said" is no type of event: write module.whatHappened, as parcels.sent'],
  ['talk.', '"talk." is no type of event: write module.whatHappened, as parcels.sent'],
])('an event of the type %s is refused', (type, problem) => {
  expect(() => event(type, { data: Word, key })).toThrow(problem);
});

it("a module does not tell another one's event", () => {
  expect(() => contract('ears', { ownership: 'by-key', operations, events: [said] })).toThrow(
    "ears: the event talk.said is another module's",
  );
});
