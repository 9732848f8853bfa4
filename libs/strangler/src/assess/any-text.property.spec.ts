import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assessTexts } from './assess-texts.js';

/* Whatever stands in files: assess answers, and never throws. */

const real = ['libs/domain/src', 'libs/strangler/src/assess/facts']
  .flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name))))
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
  .map((path) => readFileSync(path, 'utf8'));

/** Words that the reader looks for, in no order. */
const words = fc.constantFrom(
  ...`import export default from require module.exports = ( ) { } [ ] < > => , ; : . @ ' " \` \${ * class extends interface enum const async function
return this new await Entity('a') @Entity() @Column() @Column(() => A) @PrimaryGeneratedColumn() @ManyToOne(() => A, { eager: true }) @JoinTable() @Module({})
@Module({ imports: [TypeOrmModule.forFeature([A])] }) @InjectRepository(A) Repository<A> EntityManager constructor(private a: A) .transaction(async (m) => @Transactional()
manager.save(a) this.a.save() new EntitySchema({ columns: { relations: A B extends A 'typeorm' '@nestjs/common' './b' './a' query('select * from a')`.split(
    /\s+/,
  ),
);
const soup = fc.array(words, { maxLength: 60 }).map((list) => list.join(' '));
const head = `import { Entity, Column, ManyToOne, ManyToMany, JoinTable, PrimaryGeneratedColumn, Repository, EntityManager, EntitySchema } from 'typeorm'; import { Module, Injectable } from '@nestjs/common'; import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm'; import { A } from './b';\n`;

/** A real file with pieces taken out, doubled or put elsewhere. */
const mutated = fc
  .tuple(
    fc.constantFrom(...real),
    fc.array(fc.tuple(fc.nat(), fc.nat(400), fc.nat(), fc.boolean()), { minLength: 1, maxLength: 6 }),
  )
  .map(([text, cuts]) =>
    cuts.reduce((now, [from, length, to, keeps]) => {
      const start = from % (now.length + 1);
      const piece = now.slice(start, start + length);
      const rest = keeps ? now : now.slice(0, start) + now.slice(start + length);
      const target = to % (rest.length + 1);
      return rest.slice(0, target) + piece + rest.slice(target);
    }, text),
  );

const path = fc.constantFrom(
  'src/a/a.ts',
  'src/a/b.js',
  'src/b/b.tsx',
  'src/b.mts',
  'package.json',
  'src/tsconfig.json',
  'src/a/index.cjs',
  'a.module.ts',
  'src/a/a.module.ts',
);
const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  soup,
  soup.map((text) => head + text),
  mutated,
  fc.json(),
);

it('any files are answered', () => {
  fc.assert(
    fc.property(fc.dictionary(path, anything, { minKeys: 1, maxKeys: 6 }), (sources) => {
      const { modules, order, version } = assessTexts(sources);
      expect(version).toBe(1);
      expect(order).toHaveLength(modules.filter(({ tables }) => tables.length > 0).length);
      for (const { effort, obstacles } of modules)
        expect(effort.points).toBe(obstacles.reduce((sum, { points }) => sum + points, 0));
    }),
    { numRuns: 60 },
  );
});
