import { defaultLimit, mostAtOnce } from '#contracts';
import {
  getNamedType,
  GraphQLList,
  GraphQLNonNull,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

/** How much one request may ask for. */
export const most = {
  /** Bytes of its body, or of its URL. */
  bytes: 16_384,
  /** Words and signs of the document: a parser stops behind them. */
  tokens: 2_000,
  /** How deep fields stand in one another. */
  depth: 10,
  /** Fields by another name, with those of fragments each time that they are used. */
  aliases: 30,
  /** Values that the answer may have, by the sizes of its lists. */
  cost: 10_000,
} as const;

/** What a selection asks for. */
interface Measured {
  depth: number;
  aliases: number;
  cost: number;
}

type Variables = Readonly<Record<string, unknown>>;

/**
 * Why a document asks for too much; `undefined`: it does not. Pure. It takes a step for each field that stands in the document, however often fragments
 * use one another: each is measured once. To come before a document is validated, which takes longer the more there is; `variables`: left out as long
 * as they are not known, so that what depends on them is measured again.
 */
export function tooMuch(
  document: DocumentNode,
  schema: GraphQLSchema,
  variables?: Variables,
): string | undefined {
  const measuring = new Measuring(document, schema, variables);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const root = schema.getRootType(definition.operation);
    if (!root) return `this only reads: there is no ${definition.operation}`;
    const found = measuring.of(definition.selectionSet, root, undefined);
    if (found === 'cyclic') return 'a fragment uses itself';
    const problem = problemOf(found);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOf({ depth, aliases, cost }: Measured): string | undefined {
  if (depth > most.depth) return `it is deeper than ${most.depth} fields`;
  if (aliases > most.aliases) return `it has more than ${most.aliases} aliases`;
  if (cost > most.cost)
    return `its answer could have ${cost} values, of ${most.cost}: ask for shorter lists (limit), or for less of each`;
  return undefined;
}

class Measuring {
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  private readonly known = new Map<string, Measured | 'cyclic' | 'begun'>();

  constructor(
    document: DocumentNode,
    private readonly schema: GraphQLSchema,
    private readonly variables: Variables | undefined,
  ) {
    const defined = document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
    this.fragments = new Map(defined.map((each) => [each.name.value, each]));
  }

  /** `listed`: how long the list in it is, where the field that holds it was asked for so many. */
  of(
    { selections }: SelectionSetNode,
    type: GraphQLObjectType | undefined,
    listed: number | undefined,
  ): Measured | 'cyclic' {
    const sum: Measured = { depth: 0, aliases: 0, cost: 0 };
    for (const selection of selections) {
      const found =
        selection.kind === Kind.FIELD
          ? this.ofField(selection, type, listed)
          : selection.kind === Kind.INLINE_FRAGMENT
            ? this.of(selection.selectionSet, type, listed)
            : this.ofFragment(selection.name.value, listed);
      if (found === 'cyclic') return 'cyclic';
      sum.depth = Math.max(sum.depth, found.depth);
      sum.aliases += found.aliases;
      sum.cost += found.cost;
    }
    return sum;
  }

  private ofField(
    node: FieldNode,
    type: GraphQLObjectType | undefined,
    listed: number | undefined,
  ): Measured | 'cyclic' {
    const field = type?.getFields()[node.name.value];
    const aliases = node.alias ? 1 : 0;
    if (!node.selectionSet) return { depth: 1, aliases, cost: 1 };
    const named = field && getNamedType(field.type);
    const asked = field && this.askedFor(node, field);
    const inner = this.of(node.selectionSet, isObjectType(named) ? named : undefined, asked);
    if (inner === 'cyclic') return 'cyclic';
    const size = field && isList(field) ? (asked ?? listed ?? usualIn(field)) : 1;
    return { depth: inner.depth + 1, aliases: inner.aliases + aliases, cost: 1 + size * inner.cost };
  }

  private ofFragment(name: string, listed: number | undefined): Measured | 'cyclic' {
    const fragment = this.fragments.get(name);
    // That it is not there is said by whoever validates.
    if (!fragment) return { depth: 0, aliases: 0, cost: 0 };
    const key = `${name} ${listed}`;
    const known = this.known.get(key);
    if (known === 'begun') return 'cyclic';
    if (known) return known;
    this.known.set(key, 'begun');
    const named = this.schema.getType(fragment.typeCondition.name.value);
    const found = this.of(fragment.selectionSet, isObjectType(named) ? named : undefined, listed);
    this.known.set(key, found);
    return found;
  }

  /** How long the list is that the field holds, or that stands in its answer; `undefined`: nobody has said. */
  private askedFor(node: FieldNode, { args }: GraphQLField<unknown, unknown>): number | undefined {
    const limit = args.find(({ name }) => name === 'limit');
    const lists = args.filter(isList);
    if (lists.length > 0) return Math.max(...lists.map(({ name }) => this.lengthOf(node, name)));
    if (!limit) return undefined;
    const given = this.given(node, 'limit');
    const usual = typeof limit.defaultValue === 'number' ? limit.defaultValue : defaultLimit;
    return typeof given === 'number' && given > 0
      ? Math.min(given, mostAtOnce)
      : given === undefined
        ? usual
        : mostAtOnce;
  }

  private lengthOf(node: FieldNode, name: string): number {
    const value = node.arguments?.find((each) => each.name.value === name)?.value;
    if (value?.kind === Kind.LIST) return value.values.length;
    const given = this.given(node, name);
    return Array.isArray(given) ? given.length : 1;
  }

  private given(node: FieldNode, name: string): unknown {
    const value = node.arguments?.find((each) => each.name.value === name)?.value;
    if (value?.kind === Kind.VARIABLE) return this.variables ? this.variables[value.name.value] : 1;
    return value?.kind === Kind.INT ? Number(value.value) : undefined;
  }
}

/** As the schema says it. */
const usualIn = ({ extensions }: GraphQLField<unknown, unknown>): number =>
  (extensions['items'] as { usual: number } | undefined)?.usual ?? 1;

const isList = ({ type }: { type: unknown }): boolean =>
  type instanceof GraphQLList || (type instanceof GraphQLNonNull && type.ofType instanceof GraphQLList);
