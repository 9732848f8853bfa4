import type { Settings } from './config.js';

/** What the operator is told once it is open. */
export function greeting({ legacy, modules }: Settings, url: string, admin: string): string {
  const from = legacy?.join(', ');
  if (modules === 'none')
    return `The gateway is open: ${url} · admin ${admin} · ${from ? `everything from ${from}` : 'nothing but its routes'}`;
  const others = from ? ` · everything else from ${from}` : '';
  return `The gateway is open: ${url}/api/v1/products · OpenAPI ${url}/docs · admin ${admin}${others}`;
}

/** And if there is none. */
export const nobody =
  'nobody can move routes by hand: no operator is known (ADMIN_TOKEN=me.$(openssl rand -hex 24), the same here and for the command line)';
