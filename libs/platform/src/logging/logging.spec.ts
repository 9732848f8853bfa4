import { humanLines } from './human-lines.js';
import { createLogger, type LogContext } from './logger.js';
import { NestLogger } from './nest-logger.js';
import { traceIdOf } from './trace-id.js';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';

function collect(context?: () => LogContext | undefined) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ level: 'info', destination, ...(context && { context }) });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> };
}

describe('log lines', () => {
  it('carry the id of the running request, and none when there is none', () => {
    let running: LogContext | undefined = {
      requestId: 'r-1',
      traceparent: `00-${trace}-00f067aa0ba902b7-01`,
    };
    const { logger, last } = collect(() => running);
    logger.child({ part: 'relay' }).info('one');
    expect(last()).toMatchObject({ level: 'info', msg: 'one', requestId: 'r-1', traceId: trace });
    running = { requestId: 'r-2' };
    logger.warn({ sku: 'A1' }, 'two');
    expect(last()).toMatchObject({ level: 'warn', sku: 'A1', requestId: 'r-2' });
    running = undefined;
    logger.info('three');
    expect(last()).not.toHaveProperty('requestId');
  });

  it('hold nobody’s secrets, however deep', () => {
    const { logger, lines } = collect();
    const secrets = {
      password: 'hunter2',
      authorization: 'Bearer hunter2',
      accessToken: 'hunter2',
      token: 'hunter2',
    };
    logger.info(secrets, 'at the top');
    logger.info({ body: secrets }, 'inside');
    logger.info({ request: { headers: { cookie: 'hunter2' }, payment: secrets } }, 'deep inside');
    expect(lines).toHaveLength(3);
    expect(lines.join()).not.toContain('hunter2');
  });

  it('do not tell what hangs on an error: of a failed statement those are its parameters, and the row', () => {
    const { logger, last } = collect();
    const more = { query: 'insert …', parameters: ['ada@x'], detail: 'Failing row contains (ada@x)' };
    new NestLogger(logger).error(Object.assign(new Error('it failed'), more));
    expect(last()).toMatchObject({ msg: 'it failed', err: { message: 'it failed', type: 'Error' } });
    expect(JSON.stringify(last())).not.toContain('ada@x');
  });

  it('below the level are not written', () => {
    const { logger, lines } = collect();
    logger.debug('quiet');
    new NestLogger(logger).verbose('quiet too', 'Router');
    expect(lines).toEqual([]);
  });
});

describe('Nest’s lines', () => {
  const { logger, last } = collect();
  const nest = new NestLogger(logger);

  it('say who wrote them', () => {
    nest.log('started', 'SagaRecovery');
    expect(last()).toMatchObject({ level: 'info', msg: 'started', context: 'SagaRecovery' });
  });

  it('are left out where Nest only speaks of its own start', () => {
    nest.log('the first of many', 'SagaRecovery');
    nest.log('Mapped {/api/v1/products, GET} route', 'RouterExplorer');
    expect(last()).toMatchObject({ msg: 'the first of many' });
  });

  it('keep an object’s fields', () => {
    nest.error({ msg: 'operation failed', module: 'orders' }, undefined, 'Executor');
    expect(last()).toMatchObject({
      level: 'error',
      msg: 'operation failed',
      module: 'orders',
      context: 'Executor',
    });
  });

  it('keep an error’s stack, given as such or as text', () => {
    const error = new Error('broken');
    nest.error(error, 'Somewhere');
    expect(last()).toMatchObject({ msg: 'broken', context: 'Somewhere', err: { stack: error.stack } });
    nest.error('broken', error.stack, 'Somewhere');
    expect(last()).toMatchObject({ msg: 'broken', context: 'Somewhere', stack: error.stack });
    nest.error('broken', error.stack);
    expect(last()).toMatchObject({ msg: 'broken', stack: error.stack });
  });

  it('lose nothing else that was given', () => {
    nest.warn('odd', { a: 1 }, 'Somewhere');
    expect(last()).toMatchObject({ msg: 'odd', more: [{ a: 1 }], context: 'Somewhere' });
  });
});

describe('lines for people', () => {
  const shown: string[] = [];
  const out = humanLines({ write: (text) => shown.push(text) });

  it('are short, with what else is known behind', () => {
    out.write(
      '{"level":"info","time":"2026-11-22T14:54:13.572Z","context":"Nest","msg":"up","port":3000,"who":"me"}\n',
    );
    expect(shown.at(-1)).toBe('14:54:13.572 \u001b[32minfo \u001b[0m [Nest] up port=3000 who=me\n');
  });

  it('cannot be made to write into the terminal by what a client sends', () => {
    out.write(
      JSON.stringify({ level: 'warn', time: '2026-11-22T14:54:13.572Z', msg: 'GET /\u001b[2J\u0007' }),
    );
    expect(shown.at(-1)).toContain('GET /�[2J�');
  });
});

describe('the trace id', () => {
  it.each([
    [`00-${trace}-00f067aa0ba902b7-01`, trace],
    [`01-${trace}-00f067aa0ba902b7-01-later`, trace],
    [undefined, undefined],
    ['', undefined],
    [`ff-${trace}-00f067aa0ba902b7-01`, undefined],
    [`00-${trace.toUpperCase()}-00f067aa0ba902b7-01`, undefined],
    [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, undefined],
    [`00-${trace}-${'0'.repeat(16)}-01`, undefined],
    [`00-${trace}-00f067aa0ba902b7`, undefined],
  ])('of %p is %p', (traceparent, id) => {
    expect(traceIdOf(traceparent)).toBe(id);
  });
});
