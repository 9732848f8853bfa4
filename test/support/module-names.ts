export type ModuleName = 'users' | 'inventory' | 'payments' | 'orders';
export const moduleNames: readonly ModuleName[] = ['users', 'inventory', 'payments', 'orders'];
