import type t from 'typescript';
import { ts } from '../compiler.js';
import type { Project } from '../read/project.js';
import { answerOf, bare, isTrue, placeOf, propertyOf } from '../read/syntax.js';
import type { Decoration } from './decorations.js';
import type { EntityColumn } from './entity.js';

const kinds = new Set([
  'Column',
  'PrimaryColumn',
  'PrimaryGeneratedColumn',
  'CreateDateColumn',
  'UpdateDateColumn',
  'DeleteDateColumn',
  'VersionColumn',
  'ObjectIdColumn',
  'ViewColumn',
  'VirtualColumn',
]);
const dates = /^(Create|Update|Delete)DateColumn$/;
const withoutZone = /^(timestamp|timestamp\(\d\)|timestamp without time zone|datetime)$/i;
/** What has a zone only by a default that is the present day or time. */
export const dayOrTime = /^(date|time|time without time zone)$/i;
/** As the check before the start has it. */
const now =
  /\b(now|transaction_timestamp|statement_timestamp|clock_timestamp|timeofday)\(|\b(current_|local)(timestamp|date|time)\b|'now'/i;

export const isColumn = ({ from, name }: Decoration): boolean => from === 'typeorm' && kinds.has(name);

/** An object literal, also one that stands in a constant. */
export function objectOf(project: Project, node: t.Expression | undefined): t.Expression | undefined {
  const inner = node && bare(node);
  if (!inner || ts.isObjectLiteralExpression(inner)) return inner;
  const found = project.meaning(inner);
  const value =
    found?.kind === 'node' && ts.isVariableDeclaration(found.node) ? found.node.initializer : undefined;
  return value && ts.isObjectLiteralExpression(bare(value)) ? bare(value) : undefined;
}

/** The class whose columns are set in here: `@Column(() => Name)`. */
export const embeddedIn = ({ name, args }: Decoration): t.Expression | undefined =>
  name === 'Column' ? answerOf(args[0]) : undefined;

/** The column of a decorated property. */
export function columnOf(
  project: Project,
  property: string,
  member: t.Node,
  decoration: Decoration,
  others: readonly Decoration[],
): EntityColumn {
  const { name: kind, args } = decoration;
  const objects = args.map((arg) => objectOf(project, arg)).filter((one) => one !== undefined);
  const option = (name: string) =>
    objects.map((one) => propertyOf(one, name)).find((one) => one !== undefined);
  sayComputed(project, property, member, decoration);
  const type = project.literal(args[0]) ?? project.literal(option('type')) ?? typeNameOf(option('type'));
  const declared = type ?? declaredType(member);
  const made = others.find(({ from, name }) => from === 'typeorm' && name === 'Generated');
  const strategy = kind === 'PrimaryGeneratedColumn' ? generatedBy(project, args, option('type')) : undefined;
  const initial = option('default');
  const defaultsToNow = initial ? isNowInNoZone(initial) : /^(Create|Update)DateColumn$/.test(kind);
  return {
    property,
    name: project.literal(option('name')) ?? property,
    type: kind === 'PrimaryGeneratedColumn' ? (strategy === 'uuid' ? 'uuid' : 'integer') : declared,
    primary: /^Primary/.test(kind) || isTrue(option('primary')),
    generated: strategy ?? generatedOption(project, made?.args[0], made !== undefined, option('generated')),
    unique: isTrue(option('unique')),
    nullable: isTrue(option('nullable')) || kind === 'DeleteDateColumn',
    withoutZone: isWithoutZone(kind, type, declared) || (defaultsToNow && dayOrTime.test(type ?? '')),
    defaultsToNow,
    stamped: /^(Update|Delete)DateColumn$/.test(kind),
    at: placeOf(member),
  };
}

function isWithoutZone(kind: string, type: string | undefined, declared: string | undefined): boolean {
  if (type !== undefined) return withoutZone.test(type) || type === 'Date';
  return dates.test(kind) || (kind === 'Column' && declared === 'date');
}

/** Whether a default is the present moment, and says no zone that it is told in. */
export function isNowInNoZone(initial: t.Node): boolean {
  const text = initial.getText();
  return now.test(text) && !/at time zone|\btimezone\(/i.test(text);
}

function generatedBy(
  project: Project,
  args: readonly t.Expression[],
  type: t.Expression | undefined,
): EntityColumn['generated'] {
  const says = project.literal(args[0]) ?? project.literal(type);
  return says === 'uuid' ? 'uuid' : 'increment';
}

function generatedOption(
  project: Project,
  argument: t.Expression | undefined,
  isMade: boolean,
  option: t.Expression | undefined,
): EntityColumn['generated'] {
  if (!isMade && !(option && option.kind !== ts.SyntaxKind.FalseKeyword)) return undefined;
  return (project.literal(argument) ?? project.literal(option)) === 'uuid' ? 'uuid' : 'increment';
}

/** `type: String`, `type: Date`. */
const typeNameOf = (node: t.Expression | undefined): string | undefined =>
  node && ts.isIdentifier(node) && /^(String|Number|Boolean|Date|Buffer)$/.test(node.text)
    ? node.text
    : undefined;

/** What TypeORM takes from the type of the property. */
function declaredType(member: t.Node): string | undefined {
  const type = (member as Partial<t.PropertyDeclaration>).type;
  const text = type?.getText().replace(/\s*\|\s*(null|undefined)/g, '');
  if (text === 'Date') return 'date';
  return text === 'string' || text === 'number' || text === 'boolean' ? text : undefined;
}

/** An argument that has to be run to be known. */
function sayComputed(project: Project, property: string, member: t.Node, { name, args }: Decoration): void {
  for (const arg of args) {
    const inner = bare(arg);
    const known =
      objectOf(project, inner) !== undefined ||
      project.literal(inner) !== undefined ||
      ts.isArrowFunction(inner) ||
      typeNameOf(inner) !== undefined;
    if (known || (ts.isIdentifier(inner) && project.meaning(inner) === undefined)) continue;
    const why = `@${name}(${inner.getText().slice(0, 40)}) of ${property} is computed`;
    project.leftOut.push({ ...placeOf(member), why });
  }
}
