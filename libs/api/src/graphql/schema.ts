import { callers, contracts, gateway } from '#contracts';
import { nestedOf, Schema, type Dto, type Operation } from 'nestjs-strangler/contract';
import {
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
} from 'graphql';
import type { Principal } from '../auth/principal.js';
import { DashboardView } from '../dashboard.dto.js';
import { refusal } from '../errors/problems.js';
import type { Modules } from './modules.js';
import type { Loaders } from './loaders.js';
import { named, relations, shown, type Relation, type Shown } from './relations.js';
import { Shapes } from './shapes.js';

/** What a request is answered with. */
export interface Asked {
  readonly modules: Modules;
  readonly loaders: Loaders;
  readonly dashboard: (principal: Principal) => Promise<DashboardView>;
  readonly run: Run;
  /** Who asks; `undefined`: nobody has logged in. */
  readonly principal: Principal | undefined;
}

/** How far an answer has come. */
export interface Run {
  /** It was not refused as a whole. */
  begun: boolean;
  /** It is the same for everybody, and nothing has gone wrong. */
  isForAll: boolean;
}

type Field = GraphQLFieldConfig<unknown, Asked>;

/** So many items a list is thought to have that says nothing of its length: by that it is judged what a query may cost. */
const usualLength = 10;

/** Whom REST shows what. */
const isShown = new Map<Dto<unknown>, Shown>(
  shown.flatMap((each) => [
    [each.of, each],
    [each.as, each],
  ]),
);

const naming = {
  nameOf: (dto: Dto<unknown>): string =>
    named.get(dto) ?? (isShown.get(dto)?.of ?? dto).name.replace(/View$/, ''),
  describedBy: (dto: Dto<unknown>): readonly Dto<unknown>[] => {
    const view = isShown.get(dto);
    return view ? [view.as, view.of] : [dto];
  },
};

/** The schema: queries of the contracts that clients may ask, the classes of their answers, and {@link relations}. */
export function schemaOfContracts(): GraphQLSchema {
  return new SchemaMaker().make();
}

class SchemaMaker {
  private readonly shapes = new Shapes(naming);
  private readonly types = new Map<Dto<unknown>, GraphQLObjectType>();

  make(): GraphQLSchema {
    const query = new GraphQLObjectType({
      name: 'Query',
      description:
        'Each field is null where it cannot be answered, beside an error with the code that REST has for it.',
      fields: { ...this.queries(), dashboard: this.dashboard() },
    });
    return new GraphQLSchema({ query });
  }

  private queries(): GraphQLFieldConfigMap<unknown, Asked> {
    const fields = contracts.flatMap(({ name: module, operations }) =>
      Object.entries<Operation>(operations)
        .filter(([name, operation]) => isOpen(module, name, operation))
        .map(([name, operation]) => [name, this.query(module, name, operation)]),
    );
    return Object.fromEntries(fields) as GraphQLFieldConfigMap<unknown, Asked>;
  }

  private query(module: string, name: string, { input, output, who }: Operation): Field {
    const description = this.shapes.description({ name: `${module}.${name}` } as Dto<unknown>);
    return {
      type: this.typeOf(output as Dto<unknown>),
      args: this.shapes.arguments(input as Dto<unknown>),
      ...(description !== undefined && { description }),
      resolve: (_root, given, { modules, principal, run }) => {
        if (who !== 'anyone') {
          run.isForAll = false;
          requireLogIn(principal);
        }
        return modules.queriesOf(module)![name]!(given as object);
      },
    };
  }

  private dashboard(): Field {
    return {
      type: this.typeOf(DashboardView),
      description: 'Oneself, the latest orders, and something to buy.',
      resolve: (_root, _given, { dashboard, principal, run }) => {
        run.isForAll = false;
        return dashboard(requireLogIn(principal));
      },
    };
  }

  private typeOf(dto: Dto<unknown>): GraphQLObjectType {
    const of = isShown.get(dto)?.of ?? dto;
    let type = this.types.get(of);
    if (!type) {
      const description = this.shapes.description(of);
      type = new GraphQLObjectType({
        name: naming.nameOf(of),
        ...(description !== undefined && { description }),
        fields: () => ({ ...this.fieldsOf(of), ...this.relationsOf(of) }),
      });
      this.types.set(of, type);
    }
    return type;
  }

  private fieldsOf(of: Dto<unknown>): GraphQLFieldConfigMap<unknown, Asked> {
    const { as = of, view } = isShown.get(of) ?? {};
    const fields = this.shapes.outputs(as, (nested) => this.typeOf(nested));
    const made = Object.entries(fields).map(([name, field]): [string, Field] => {
      const resolve =
        view &&
        ((value: unknown) => {
          // What REST has made already is shown as it is.
          const found = Object.hasOwn(value as object, name) ? value : view(value as never);
          return (found as Record<string, unknown>)[name];
        });
      const items =
        nestedOf(as, name) && isList(field) ? { usual: usualLength, most: usualLength } : undefined;
      return [name, { ...field, ...(resolve && { resolve }), ...(items && { extensions: { items } }) }];
    });
    return Object.fromEntries(made);
  }

  private relationsOf(of: Dto<unknown>): GraphQLFieldConfigMap<unknown, Asked> {
    const own = relations.filter(({ on }) => on === of);
    return Object.fromEntries(own.map((relation) => [relation.field, this.relation(relation)]));
  }

  private relation(relation: Relation): Field {
    const { to, many, description, key } = relation;
    const type = this.typeOf(to);
    const load = (parent: unknown, limit: number, { loaders }: Asked) => {
      const wanted = key(parent as never);
      return wanted === null ? null : loaders.load(relation, wanted, limit);
    };
    if (!many) return { type, description, resolve: (parent, _given, asked) => load(parent, 1, asked) };
    const { usual, most } = many;
    return {
      type: new GraphQLList(new GraphQLNonNull(type)),
      description,
      args: { limit: { type: GraphQLInt, defaultValue: usual, description: `1 to ${most}.` } },
      extensions: { items: many },
      resolve: (parent, { limit }, asked) => load(parent, limitIn(limit as number, most), asked),
    };
  }
}

/** Of what programs may call, what clients may ask, and nothing that holds a secret. */
function isOpen(module: string, name: string, { kind, who, input, output }: Operation): boolean {
  const called: Readonly<Record<string, readonly string[]>> = callers[gateway];
  const isSecret = [input, output].some((dto) => Schema.of(dto as Dto<unknown>).secrets.length > 0);
  return (
    kind === 'query' &&
    who !== undefined &&
    who !== 'internal' &&
    !isSecret &&
    called[module]?.includes(name) === true
  );
}

function requireLogIn(principal: Principal | undefined): Principal {
  if (principal) return principal;
  throw refusal('unauthenticated', 'a bearer token is needed: POST /api/v1/auth/token');
}

function limitIn(limit: number, most: number): number {
  if (limit >= 1 && limit <= most) return limit;
  throw refusal('validation_failed', `limit must be 1 to ${most}`);
}

const isList = ({ type }: { type: unknown }): boolean =>
  type instanceof GraphQLList || (type instanceof GraphQLNonNull && type.ofType instanceof GraphQLList);
