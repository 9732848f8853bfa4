import { assessTexts, moduleIn } from './assess-texts.js';

const owned = (entities: string) => {
  const sources = {
    'src/shop/shop.module.ts': `import { Module } from '@nestjs/common'; @Module({}) export class ShopModule {}`,
    'src/shop/rows.ts': `import { Column, Entity, Index, ManyToOne, PrimaryColumn, PrimaryGeneratedColumn, Unique } from 'typeorm';\n${entities}`,
  };
  return moduleIn(assessTexts(sources), 'shop').ownership;
};

it('a table whose rows callers can name is by key', () => {
  expect(owned(`@Entity() export class Parcel { @PrimaryColumn('uuid') id: string; }`)).toEqual({
    fits: 'by-key',
    key: { parcel: 'id' },
    why: ['every row has id'],
    byKeyIf: null,
  });
});

it('a key is the one column that every table carries', () => {
  const rows = `@Entity() export class Item { @PrimaryColumn('text') sku: string; }
@Entity() export class Line { @PrimaryColumn('uuid') orderId: string; @PrimaryColumn('text') sku: string; }`;
  expect(owned(rows)).toMatchObject({ fits: 'by-key', key: { item: 'sku', line: 'sku' } });
});

it('rows of a parent and its children have the parent’s key', () => {
  const rows = `@Entity() export class Cart { @PrimaryColumn('uuid') id: string; }
@Entity() export class Line { @PrimaryColumn('uuid') id: string; @ManyToOne(() => Cart, { nullable: false }) cart: Cart; }`;
  expect(owned(rows)).toMatchObject({ fits: 'by-key', key: { cart: 'id', line: 'cartId' } });
});

it.each([
  [
    'serial ids',
    `@Entity() export class A { @PrimaryGeneratedColumn() id: number; @Column() userId: number; }`,
    /^ids of a are serial/,
  ],
  [
    'ids of the database',
    `@Entity() export class A { @PrimaryGeneratedColumn('uuid') id: string; }`,
    /^ids of a are made by the database/,
  ],
  [
    'a unique column',
    `@Entity() export class A { @PrimaryColumn('uuid') id: string; @Column({ unique: true }) email: string; }`,
    /^email of a is unique over all rows/,
  ],
  [
    'a unique index of a column',
    `@Entity() export class A { @PrimaryColumn('uuid') id: string; @Index({ unique: true }) @Column() email: string; }`,
    /^email of a is unique/,
  ],
  [
    'a unique index of a class',
    `@Entity() @Index('i', ['email'], { unique: true }) export class A { @PrimaryColumn('uuid') id: string; @Column() email: string; }`,
    /^email of a is unique/,
  ],
  [
    '@Unique',
    `@Entity() @Unique(['mail', 'shop']) export class A { @PrimaryColumn('uuid') id: string; @Column({ name: 'e_mail' }) mail: string; @Column() shop: string; }`,
    /^e_mail, shop of a is unique/,
  ],
  [
    'tables that share nothing',
    `@Entity() export class A { @PrimaryColumn('uuid') id: string; } @Entity() export class B { @PrimaryColumn('text') code: string; }`,
    /^no column of every table says whose a row is/,
  ],
  [
    'a parent that may be missing',
    `@Entity() export class A { @PrimaryColumn('uuid') id: string; } @Entity() export class B { @PrimaryColumn('uuid') id: string; @ManyToOne(() => A) a: A; }`,
    /^b.aId may be null, as far as the entity says/,
  ],
])('what two owners could both make is whole: %s', (_what, rows, why) => {
  const ownership = owned(rows);
  expect(ownership.fits).toBe('whole');
  expect(ownership.why).toContainEqual(expect.stringMatching(why));
});

it('a unique index with the key is no reason', () => {
  const rows = `@Entity() @Unique(['userId', 'name']) export class List { @PrimaryColumn('uuid') id: string; @Column('uuid') userId: string; @Column() name: string; }`;
  expect(owned(rows)).toMatchObject({ fits: 'by-key', key: { list: 'userId' } });
});

it('what would have to change is said', () => {
  expect(
    owned(`@Entity() export class A { @PrimaryGeneratedColumn() id: number; @Column() userId: number; }`)
      .byKeyIf,
  ).toEqual(['the key is userId', 'ids of a are UUIDs that the caller makes']);
});

it('a date without a zone is not missed, whoever declares it, and one that defaults to now has to be undone', () => {
  const sources = (columns: string) => ({
    'src/shop/shop.module.ts': `import { Module } from '@nestjs/common'; @Module({}) export class ShopModule {}`,
    'src/shop/a.ts': `import { Column, CreateDateColumn, DeleteDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm'; @Entity() export class A { @PrimaryColumn('uuid') id: string; ${columns} }`,
  });
  const obstacles = (columns: string) => moduleIn(assessTexts(sources(columns)), 'shop').obstacles;
  const kinds = (columns: string) => obstacles(columns).map(({ kind }) => kind);
  for (const column of [
    '@Column() at: Date;',
    `@Column('timestamp') at: string;`,
    '@CreateDateColumn() at: Date;',
    `@DeleteDateColumn({ name: 'x' }) at: Date | null;`,
  ])
    expect(kinds(column)).toEqual(['date without zone']);
  for (const column of [
    `@Column('timestamptz') at: Date;`,
    `@CreateDateColumn({ type: 'timestamptz' }) at: Date;`,
    `@Column('date') at: Date;`,
  ])
    expect(kinds(column)).toEqual([]);
  // What the check before the start refuses.
  for (const column of [
    '@CreateDateColumn() at: Date;',
    `@Column('timestamp', { default: () => 'now()' }) at: Date;`,
    `@Column('date', { default: () => 'CURRENT_DATE' }) at: string;`,
  ])
    expect(obstacles(column)).toMatchObject([
      {
        ...{ kind: 'date without zone', blocks: true },
        text: "1 date column without a zone (a.at): sides differ if the time zones of their sessions do; make (now() at time zone 'UTC') the default of a.at",
      },
    ]);
  const stamped =
    /zones of their sessions do; make a\.at timestamptz: TypeORM writes the session's time into it$/;
  for (const kind of ['Update', 'Delete'])
    expect(
      obstacles(`@${kind}DateColumn({ default: () => "(now() at time zone 'UTC')" }) at: Date;`),
    ).toMatchObject([{ blocks: false, text: expect.stringMatching(stamped) }]);
  expect(obstacles('@UpdateDateColumn() at: Date;')).toMatchObject([
    { blocks: true, text: expect.stringMatching(stamped) },
  ]);
  for (const column of [
    '@Column() at: Date;',
    `@CreateDateColumn({ default: () => "(now() at time zone 'UTC')" }) at: Date;`,
  ])
    expect(obstacles(column)).toMatchObject([{ kind: 'date without zone', blocks: false }]);
});

it('a counter that an error takes back is named', () => {
  const service = (body: string) => ({
    'src/shop/shop.module.ts': `import { Module } from '@nestjs/common'; @Module({}) export class ShopModule {}`,
    'src/shop/a.ts': `import { Entity, PrimaryColumn, Repository } from 'typeorm'; @Entity() export class A { @PrimaryColumn('uuid') id: string; }
export class Service { constructor(private rows: Repository<A>) {}
 async go(ok: boolean) { ${body} } }`,
  });
  const found = (body: string) =>
    moduleIn(assessTexts(service(body)), 'shop').obstacles.map(({ text }) => text);
  expect(found(`if (!ok) { await this.rows.increment({}, 'tries', 1); throw new Error('no'); }`)).toEqual([
    "Service.go writes a and throws: a command's transaction takes that back",
  ]);
  expect(found(`await this.rows.save({}); if (ok) return; throw new Error('no');`)).toEqual([]);
  expect(found(`if (!ok) throw new Error('no'); await this.rows.save({});`)).toEqual([]);
});
