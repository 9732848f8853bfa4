export { callers, calls, gateway } from './calls.js';
export { contracts } from './contracts.js';
export { Sku } from './sku.js';
export { ById, defaultLimit, IdPage, Money, Page } from './shared.js';
export {
  inventory,
  BySku,
  OrderStock,
  Product,
  Products,
  PutProduct,
  Reservation,
  ReservedLine,
  Restock,
  StockLine,
  StockMoved,
} from './inventory.js';
export {
  ListOrders,
  Order,
  OrderRef,
  Orders,
  orders,
  orderStatuses,
  PaymentToken,
  PlaceOrder,
  type OrderStatus,
} from './orders.js';
export {
  ByOrder,
  Charge,
  ChargeTaken,
  Payment,
  payments,
  paymentStatuses,
  Refunded,
  type PaymentStatus,
} from './payments.js';
export {
  AccessToken,
  ChangePassword,
  Credentials,
  ImportUser,
  Jwks,
  Nothing,
  Profile,
  Register,
  roles,
  RotateKeys,
  Session,
  sessionClaim,
  SetRole,
  tokenAudience,
  tokenIssuer,
  UpdateUser,
  User,
  Users,
  users,
  type Role,
} from './users.js';
