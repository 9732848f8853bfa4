export const moduleNames = ['users', 'inventory', 'payments', 'orders', 'notifications'] as const;
export type ModuleName = (typeof moduleNames)[number];
