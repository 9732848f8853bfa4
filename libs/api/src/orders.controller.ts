import { ById, Order, orders, Orders, Page, payments } from '#contracts';
import { Schema } from 'nestjs-strangler/contract';
import { InjectPort } from 'nestjs-strangler';
import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Caller, type Principal } from './auth/principal.js';
import { asItself } from './http/call-context.js';
import { CommandId, commandIdOf } from './http/command-id.js';
import { List } from './limits/shed-lists.js';
import { Answers } from './openapi/answers.js';
import type { OrdersPort, PaymentsPort } from './ports.js';
import { PaymentView, PlaceOrderBody } from './orders.dto.js';

const { cancel, findOrder, getOrder, listAllOrders, listOrders, place } = orders.operations;
const seen = [getOrder, findOrder];

/** Orders. Those of others look as if they did not exist, so that order ids cannot be tried out; admins see all. */
@Controller('orders')
export class OrdersController {
  constructor(
    @InjectPort(orders) private readonly orders: OrdersPort,
    @InjectPort(payments) private readonly payments: PaymentsPort,
  ) {}

  @Post()
  @Answers({ summary: 'Place an order', status: 201, body: Order, calls: [place] })
  async place(
    @Caller() caller: Principal,
    @CommandId() commandId: string,
    @Body() body: PlaceOrderBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Order> {
    const order = await this.orders.place({ ...body, userId: caller.id }, { commandId });
    response.location(`/api/v1/orders/${order.id}`);
    return order;
  }

  @Get()
  @List()
  @Answers({
    summary: "List one's own orders; all of them for admins",
    body: Orders,
    calls: [listOrders, listAllOrders],
  })
  async list(@Caller() caller: Principal, @Query() page: Page): Promise<Orders> {
    const { items, next = null } =
      caller.role === 'admin'
        ? await this.orders.listAllOrders(page)
        : await this.orders.listOrders({ ...page, userId: caller.id });
    return { items, next };
  }

  @Get(':id')
  @Answers({ summary: 'Get an order', body: Order, calls: seen })
  get(@Caller() caller: Principal, @Param() { id }: ById): Promise<Order> {
    return this.visible(caller, id);
  }

  @Post(':id/cancel')
  @Answers({ summary: 'Cancel an order: stock and money go back', body: Order, calls: [cancel, ...seen] })
  async cancel(@Caller() caller: Principal, @Param() { id }: ById): Promise<Order> {
    const { userId } = await this.visible(caller, id);
    return this.orders.cancel({ userId, id }, { commandId: commandIdOf(id, 'cancel') });
  }

  @Get(':id/payment')
  @Answers({
    summary: 'Get the payment of an order',
    body: PaymentView,
    calls: [payments.operations.getPayment, ...seen],
  })
  async payment(@Caller() caller: Principal, @Param() { id }: ById): Promise<PaymentView> {
    await this.visible(caller, id);
    // A payment does not say whose it is; its order has.
    const payment = await asItself(() => this.payments.getPayment({ orderId: id }));
    return Schema.of(PaymentView).pick(payment);
  }

  private visible({ id: userId, role }: Principal, id: string): Promise<Order> {
    return role === 'admin' ? this.orders.findOrder({ id }) : this.orders.getOrder({ userId, id });
  }
}
