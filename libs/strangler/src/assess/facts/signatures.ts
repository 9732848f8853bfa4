import type t from 'typescript';
import type { SourcePlace } from '../assessment.js';
import { ts } from '../compiler.js';
import { nameOf, placeOf } from '../read/syntax.js';
import type { ClassFact, Classes } from './classes.js';
import { isAsync } from './scope.js';

/** Why a method cannot be called over a network as it is. */
export interface Hindrance {
  method: string;
  why: string;
  at: SourcePlace;
}

const streams =
  /\b(Readable|Writable|Duplex|Transform|Stream|ReadableStream|WritableStream|StreamableFile)\b/;
const sharing = /\b(EntityManager|QueryRunner|DataSource|SelectQueryBuilder|Repository)\b/;
const requests =
  /\b(Request|Response|FastifyRequest|FastifyReply|IncomingMessage|ServerResponse|ExecutionContext|Socket)\b/;

/** What stands between a method and a call over a network. A field that is used from outside is one too. */
export function hindrancesOf(classes: Classes, target: ClassFact, method: string): Hindrance[] {
  const member = classes.membersOf(target).get(method);
  if (!member) return [];
  const at = placeOf(member);
  if (!ts.isMethodDeclaration(member)) {
    const isFunction =
      ts.isPropertyDeclaration(member) && !!member.initializer && ts.isArrowFunction(member.initializer);
    return isFunction ? [] : [{ method, why: 'a field that others read', at }];
  }
  const whys = member.parameters.flatMap((parameter) => parameterHindrance(parameter));
  whys.push(...answerHindrance(member));
  return whys.map((why) => ({ method, why, at }));
}

function parameterHindrance({ name, type }: t.ParameterDeclaration): string[] {
  if (!type) return [];
  const called = nameOf(name) ?? 'an argument';
  const text = type.getText();
  if (ts.isFunctionTypeNode(type) || /^(Function|[A-Z]\w*Callback)$/.test(text) || /=>/.test(text))
    return [`${called} is a function`];
  if (streams.test(text)) return [`${called} is a stream`];
  if (sharing.test(text)) return [`${called} shares the caller's transaction (${text})`];
  if (requests.test(text)) return [`${called} is the caller's request or connection (${text})`];
  return [];
}

function answerHindrance(member: t.MethodDeclaration): string[] {
  const text = member.type?.getText() ?? '';
  if (member.asteriskToken || /\b(Async)?(Generator|Iterable|IterableIterator|Iterator)\b/.test(text))
    return ['it answers piece by piece'];
  if (/\bObservable\b/.test(text)) return ['it answers an Observable'];
  if (streams.test(text)) return ['it answers a stream'];
  if (sharing.test(text)) return [`it answers ${text}`];
  if (/=>/.test(text)) return ['it answers a function'];
  return isAsync(member) ? [] : ['it answers at once: its callers have to wait for it'];
}
