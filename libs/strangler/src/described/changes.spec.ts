import { IsIn, IsInt, IsOptional, IsString, Length } from 'class-validator';
import { command, contract, event, Id, Maybe, query, self, subscription } from '../contract/index.js';
import { changesOf } from './changes.js';
import { describeContracts, type Callers } from './description.js';

/* What of a release breaks whom. */
class Ask {
  @Id() id: string;
  @Maybe() @Length(1, 20) note?: string | null;
}
class AskMore extends Ask {
  @Maybe() @IsInt() most?: number | null;
}
class AskWithReason extends Ask {
  @IsString() reason: string;
}
class AskBriefly {
  @Id() id: string;
  @Maybe() @Length(1, 10) note?: string | null;
}
class Parcel {
  @Id() id: string;
  @IsIn(['new', 'sent']) state: string;
  @IsInt() weight: number;
}
class ParcelWithName extends Parcel {
  @Maybe() @IsString() name?: string | null;
}
class ParcelAlsoLost extends Parcel {
  @IsIn(['new', 'sent', 'lost']) declare state: string;
}
class ParcelNeverSent extends Parcel {
  @IsIn(['new']) declare state: string;
}
class ParcelWithoutWeight {
  @Id() id: string;
  @IsIn(['new', 'sent']) state: string;
}
class ParcelPerhapsWeighed extends ParcelWithoutWeight {
  @IsOptional() @IsInt() weight?: number | null;
}

const sentOf = (data: typeof Parcel, key: keyof Parcel & ('id' | 'state') = 'id') =>
  event('parcels.sent', { data, key });
const look = query({
  input: Ask,
  output: Parcel,
  errors: ['not_found'],
  key: 'id',
  who: self<Ask>(({ id }) => id),
});
const send = command({ input: Ask, output: Parcel, errors: ['too_heavy'], key: 'id' });
const parcels = (operations: Parameters<typeof contract>[1]['operations'] = {}, events = [sentOf(Parcel)]) =>
  contract('parcels', { ownership: 'by-key', operations: { look, send, ...operations }, events });
const mails = contract('mails', {
  ownership: 'by-key',
  operations: { parcelSent: subscription(sentOf(Parcel), { key: ({ id }) => id }) },
});
const calls: Callers = { api: { parcels: ['look'] }, desk: { parcels: ['send', 'look'] } };
const released = describeContracts([parcels(), mails], calls);

const change = (now: ReturnType<typeof parcels>) =>
  changesOf(released, describeContracts([now, mails], calls));
const broken = (now: ReturnType<typeof parcels>) =>
  change(now).flatMap(({ breaking, of, what, consumers }) =>
    breaking ? [`${of} ${what}: ${consumers.join(' ')}`] : [],
  );

it('nothing has changed where nothing has', () => expect(change(parcels())).toEqual([]));

it.each([
  ['an optional input field', { send: { ...send, input: AskMore } }, 'parcels.send input most is new'],
  ['an output field', { look: { ...look, output: ParcelWithName } }, 'parcels.look output name is new'],
  ['another error', { send: { ...send, errors: ['too_heavy', 'late'] } }, 'parcels.send may answer late'],
  ['another operation', { find: look }, 'parcels.find is a new query'],
])('%s more is fine', (_what, operations, told) => {
  const changes = change(parcels(operations as never));
  expect(changes.map(({ of, what }) => `${of} ${what}`)).toEqual([told]);
  expect(changes[0]!.breaking).toBe(false);
});

it.each([
  [
    'a new required input field',
    { send: { ...send, input: AskWithReason } },
    'parcels.send input reason has to be there: desk',
  ],
  [
    'a shorter input',
    { send: { ...send, input: AskBriefly } },
    'parcels.send input note has maxLength 10, and had 20: desk',
  ],
  [
    'an output field that is gone',
    { look: { ...look, output: ParcelWithoutWeight } },
    'parcels.look output weight is gone: api desk',
  ],
  [
    'an output field that may be missing',
    { look: { ...look, output: ParcelPerhapsWeighed } },
    /^parcels.look output weight may be what readers .* do not know: there it has to be there: api desk$/,
  ],
  [
    'a value that readers do not know',
    { look: { ...look, output: ParcelAlsoLost } },
    /output state may be .*: there it is not lost: api desk$/,
  ],
  [
    'a value that never comes',
    { look: { ...look, output: ParcelNeverSent } },
    'parcels.look output state is never sent any more: api desk',
  ],
  [
    'an error code that is gone',
    { send: { ...send, errors: [] } },
    'parcels.send no longer answers too_heavy: desk',
  ],
  [
    'another kind',
    { look: { ...send, output: Parcel, errors: ['not_found'], who: look.who } },
    'parcels.look is a command, and was a query: api desk',
  ],
  [
    'fewer who may ask',
    { look: { ...look, who: 'internal' } },
    'parcels.look is for internal, and was for self: api desk',
  ],
  [
    'another key',
    { send: { ...send, key: ({ id, note }: Ask) => `${id}${note}` } },
    'parcels.send has the key id + note, and had id: parcels desk',
  ],
])('%s breaks who calls', (_what, operations, told) => {
  const found = broken(parcels(operations as never));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(told);
});

it('what is new says what it is: a subscription may have the name of an event', () => {
  const sent = sentOf(Parcel);
  const operations = { sent: subscription(sent, { key: ({ id }) => id }) };
  const now = parcels(operations, [sent, event('parcels.lost', { data: Parcel, key: 'id' })]);
  expect(change(now).map(({ of, what }) => `${of} ${what}`)).toEqual([
    'parcels.sent is a new subscription to parcels.sent',
    'parcels.lost is a new event',
  ]);
});

it('an operation that is gone breaks its callers, of either release', () => {
  const { send: _gone, ...rest } = parcels().operations;
  const now = describeContracts([{ ...parcels(), operations: rest }, mails], { api: calls['api']! });
  expect(changesOf(released, now)).toEqual([
    { of: 'parcels.send', what: 'is gone', breaking: true, consumers: ['desk'] },
  ]);
});

it('a module that is gone breaks all who call it', () => {
  expect(changesOf(released, describeContracts([mails], calls))).toEqual([
    { of: 'parcels', what: 'the module is gone', breaking: true, consumers: ['api', 'desk'] },
  ]);
});

it.each([
  ['gone', [], 'parcels.sent is not told any more'],
  ['without a field', [sentOf(ParcelWithoutWeight as never)], 'parcels.sent data weight is gone'],
  ['by another key', [sentOf(Parcel, 'state')], 'parcels.sent has the key state, and had id'],
])('an event that is %s breaks its subscribers, and outsiders', (_what, events, told) => {
  expect(broken(parcels({}, events))).toEqual([`${told}: mails whoever reads EVENTS`]);
});

it('a new field of an event has to be optional, for the log has events of before', () => {
  expect(broken(parcels({}, [sentOf(ParcelWithName)]))).toEqual([]);
  class Told extends Parcel {
    @IsString() by: string;
  }
  expect(broken(parcels({}, [sentOf(Told)]))).toEqual([
    'parcels.sent data by has to be there: events of before are in the log: mails whoever reads EVENTS',
  ]);
});

it('keys of lists and of what is inside are found', () => {
  class Many {
    ids: string[];
  }
  IsString({ each: true })(Many.prototype, 'ids');
  const many = contract('many', {
    ownership: 'by-key',
    operations: {
      see: query({
        input: Many,
        output: Parcel,
        reads: 'any',
        keys: ({ ids }) => ids.map((id) => id.toUpperCase()),
      }),
    },
  });
  expect(describeContracts([many]).modules['many']!.operations['see']!.key).toEqual(['ids']);
});
