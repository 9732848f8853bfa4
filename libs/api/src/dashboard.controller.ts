import { UnavailableError } from 'nestjs-strangler/contract';
import { inventory, orders, users, type Order, type Product } from '#contracts';
import { currentContext, InjectPort, withContext, type CallContext } from 'nestjs-strangler';
import { Controller, Get, Logger } from '@nestjs/common';
import { Caller, type Principal } from './auth/principal.js';
import { DashboardView, type MissingPart } from './dashboard.dto.js';
import { isDeclared } from './errors/problems.js';
import { List } from './limits/shed-lists.js';
import { Answers } from './openapi/answers.js';
import type { InventoryPort, OrdersPort, UsersPort } from './ports.js';
import { productView } from './products.dto.js';
import { userView } from './users.dto.js';

/** A part that takes longer, in ms, is left out: nobody waits for the slowest module to see the others. */
const partMs = 1_000;
const latest = 5;
const shown = 5;
/** Of these, so many of those that the customer has bought most; and how long is waited for them, in ms. */
const bought = 2;
const boughtMs = 500;
/** Among so many products is looked for some to show. */
const looked = 20;

/** Several modules in one answer: asked all at once, each with a deadline of its own, and what one of them cannot say is left out. */
@Controller('dashboard')
export class DashboardController {
  private readonly logger = new Logger(DashboardController.name);

  constructor(
    @InjectPort(users) private readonly users: UsersPort,
    @InjectPort(orders) private readonly orders: OrdersPort,
    @InjectPort(inventory) private readonly inventory: InventoryPort,
  ) {}

  @Get()
  @List()
  @Answers({
    summary: 'Oneself, the latest orders, and something to buy; what cannot be had just now is null',
    body: DashboardView,
    calls: [
      users.operations.getUser,
      orders.operations.listOrders,
      orders.operations.summary,
      inventory.operations.listProducts,
      inventory.operations.getProduct,
    ],
  })
  async get(@Caller() { id }: Principal): Promise<DashboardView> {
    const errors: MissingPart[] = [];
    const part = async <T>(name: string, ask: () => Promise<T>): Promise<T | null> => {
      try {
        return await inTime(name, ask);
      } catch (error) {
        errors.push(this.missing(name, error));
        return null;
      }
    };
    const [user, own, products, again] = await Promise.all([
      part('user', async () => userView(await this.users.getUser({ id }))),
      part('orders', async () => (await this.orders.listOrders({ userId: id, limit: latest })).items),
      part('recommendations', async () => (await this.inventory.listProducts({ limit: looked })).items),
      this.boughtMost(id),
    ]);
    const recommendations = products && toBuy(again, products, own ?? []).map(productView);
    return { user, orders: own, recommendations, errors };
  }

  /** What the customer may want to have again; nothing, where that is not known in time. */
  private async boughtMost(userId: string): Promise<Product[]> {
    const ask = async () => {
      const { products } = await this.orders.summary({ userId });
      const found = products.slice(0, bought).map(({ sku }) => this.inventory.getProduct({ sku }));
      const settled = await Promise.allSettled(found);
      return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    };
    return inTime('orders', ask, boughtMs).catch(() => []);
  }

  private missing(part: string, error: unknown): MissingPart {
    if (isDeclared(error)) {
      const away = error.code === 'unavailable';
      return { part, code: error.code, detail: away ? 'cannot be reached just now' : error.message };
    }
    this.logger.error(error instanceof Error ? error : new Error(String(error)));
    return { part, code: 'internal', detail: 'something went wrong here' };
  }
}

/** What was bought most, and then what the latest orders do not have; all of it is there. */
function toBuy(again: readonly Product[], products: readonly Product[], own: readonly Order[]): Product[] {
  const known = new Set([...own.flatMap(({ items }) => items), ...again].map(({ sku }) => sku));
  const others = products.filter(({ sku }) => !known.has(sku));
  return [...again, ...others].filter(({ onHand }) => onHand > 0).slice(0, shown);
}

/** Whether it is answered here or elsewhere. Its call is not begun any more after its deadline. */
async function inTime<T>(module: string, ask: () => Promise<T>, mostMs = partMs): Promise<T> {
  const context: CallContext = currentContext() ?? { requestId: '-', servedBy: new Map() };
  const deadline = Math.min(context.deadline ?? Infinity, performance.now() + mostMs);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new UnavailableError(module, `no answer within ${mostMs} ms`)),
      deadline - performance.now(),
    );
  });
  // Async, so that what throws at once is heard by the race, beside which `late` is never left unheard.
  const answer = withContext({ ...context, deadline }, async () => ask());
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
