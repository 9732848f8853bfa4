/* Made of docstrings by `npm run -s docs:graphql`. */
/** What a class, a field or an operation is. */
export const descriptions: Readonly<Record<string, string>> = {
  'AccessToken.accessToken': 'A JWT signed with ES256.',
  'AccessToken.expiresIn': 'Seconds.',
  ById: 'An id and nothing else.',
  ByIds: 'Users by their ids.',
  ByOrders: 'Payments by their orders.',
  BySkus: 'Products by their SKUs.',
  'ChangePassword.currentPassword': 'Left out only for an admin who gives someone a new one.',
  ChargeTaken: 'The provider has taken the money.',
  CustomerSales: "A customer's orders in one currency, without those that were cancelled.",
  CustomerSummary: 'What a customer has bought. It follows the orders, and is a moment behind them.',
  'CustomerSummary.products': 'Bought most, the most first.',
  DashboardView: 'What a customer sees first. A part that could not be had is null, and stands in `errors`.',
  'DashboardView.orders': 'The latest.',
  'DashboardView.recommendations':
    'Products that there are: those that were bought most, and others that the latest orders do not have.',
  'EmailChanged.former': 'The one of before.',
  'EraseUser.password': 'The present password. Left out only for an admin who erases somebody else.',
  FoundOrders: 'A customer without orders is not among them.',
  FoundPayments: 'Those that there are.',
  FoundProducts: 'Those that there are.',
  FoundUsers: 'Those that there are.',
  IdPage: 'One page of a list that is ordered by UUIDs.',
  ImportUser:
    'A user brought in from elsewhere, with a hash (PHC string, argon2id) instead of a password. Not reachable over HTTP.',
  'Jwks.keys': 'Public keys as of RFC 7517.',
  ListOrdersOf: 'The latest orders of several customers, so many of each.',
  'MailNoted.tries': 'Which try it was.',
  'MailRef.userId': 'Whom it is for, the routing key.',
  MissingPart: 'Why a part is not there; its code is that of any other error.',
  Money: 'Money in minor units (pence) of an ISO 4217 currency.',
  'OrderRef.userId': 'The customer, the routing key.',
  OrderStock: 'The lines of one order; a SKU stands in it once.',
  OrderTold:
    'An order as it is told: with all that who hears of it may need, for the order itself may be another one by then.',
  OrdersOf: 'The latest orders of one customer.',
  Page: 'One page of a list: what comes after `after`, at most `limit` items.',
  PaymentTold: 'Money of an order has come, or is given back.',
  PlaceOrderBody: 'The customer is the caller: nobody orders for someone else.',
  'Product.onHand': 'On the shelf and not promised to an order.',
  'Product.reserved': 'Promised to orders that are not yet confirmed.',
  ProductView: 'A product as customers see it.',
  'RotateKeys.endTokens':
    'Ends all tokens that were signed so far, at once: for a key that may be in foreign hands.',
  Session: 'What decides whether a token still counts: what it says must be what stands here.',
  'Session.version': 'Grows with each change of the password or the role.',
  StockLow: 'So few pieces are left on the shelf, and before this order there were more than a few.',
  StockReserved: 'Pieces of one product were set aside for an order.',
  'UpdateUser.password':
    "The present password. Wherever it is given it must be right; who asks for whom it is needed is the edge's affair.",
  'UserRegistered.imported': 'Brought in from elsewhere: this person has registered nowhere just now.',
  UserView: 'A user as of v1.',
  UserViewV2: 'A user as of v2.',
  'inventory.commit':
    'The order is confirmed: reserved stock counts as sold. What was released stays on the shelf.',
  'inventory.release':
    "Puts an order's stock back on the shelf, reserved or sold; before its `reserve` it refuses that one for ever.",
  'inventory.reserve':
    'Sets stock aside for an order, all lines or none, and answers the prices of this moment.',
  'inventory.restock':
    '`too_much_stock`: with it there would be more pieces than a count can tell (2,147,483,647).',
  'notifications.erased': 'Nothing is kept of this person, and no mail goes to them any more.',
  'notifications.noted':
    'Writes down what came of a try. Whoever has made it sends it; nobody else has reason to.',
  'orders.emailChanged': 'Orders have the e-mail that their customer has now.',
  'orders.erased': 'Orders stay, with their amounts, and tell of nobody any more.',
  'orders.findOrder': 'For those who know the order but not its customer (admins).',
  'payments.charge': 'Takes the money of one order, once.',
  'payments.refund':
    'Gives the money of one order back, once; before its `charge` it refuses that one for ever.',
  'payments.settleCharge':
    'Writes down that the money was taken. Whoever has called the provider sends it; nobody else has reason to.',
  'payments.settleRefund':
    'Writes down that the money was returned, or that there was none; sent as `settleCharge` is.',
  'users.changePassword': 'Ends all tokens of the user.',
  'users.eraseUser': 'Forgets the person, here and wherever something was told of them. One admin stays.',
  'users.getSession': 'Whether tokens of this user still count.',
  'users.rotateKeys':
    'Signs with a new key from now on. Old keys stay published while a token of theirs may be about.',
  'users.setRole': 'Ends all tokens of the user. One admin stays.',
  'users.updateUser': 'Changes the name, the e-mail or both, together or not at all.',
};
