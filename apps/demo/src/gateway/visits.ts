/** Routes that move, in the order in which they do. */
export const movingRoutes = ['/reports', '/catalogue', '/account', '/basket'] as const;
export type MovingRoute = (typeof movingRoutes)[number];

/** Each moves to the module of its name. */
export const moduleOf = (route: string): string => route.slice(1);

/** What stays: all other paths of the application. */
export const staying = 'the rest';

/** A request of a customer, and what is a good answer to it. */
export interface Visit {
  /** Of what it is a request. */
  route: MovingRoute | typeof staying;
  method: 'GET' | 'POST';
  path: string;
  /** Sent as a form. */
  form?: Record<string, string> | FormData;
  status: number;
  /** Stands in the answer. */
  text?: string;
  /** A piece goes into the basket by it. */
  adds?: true;
}

const skus = 239;
const skuOf = (number: number): string => `H${1000 + (number % skus)}`;

/** An upload of a few kilobytes. */
function file(number: number): FormData {
  const form = new FormData();
  form.set('file', new Blob([`sku,quantity\n${`${skuOf(number)},1\n`.repeat(500)}`]), 'order.csv');
  return form;
}

/** How often each kind of visit comes, of a hundred; in this order they take turns. */
const kinds: readonly (readonly [share: number, visit: (number: number) => Visit])[] = [
  [21, (n) => get('/catalogue', `/catalogue/${skuOf(n * 7)}`, 'action="/basket"')],
  [12, (n) => get('/catalogue', `/catalogue?page=${1 + (n % 12)}`, `Page ${1 + (n % 12)} of 12`)],
  [20, () => get('/account', '/account', '@demo.example')],
  [20, () => get('/basket', '/basket', 'Total')],
  [
    15,
    (n) => ({
      ...{ route: '/basket', method: 'POST', path: '/basket', status: 303, adds: true },
      form: { sku: skuOf(n * 11), quantity: '1' },
    }),
  ],
  [2, () => get('/reports', '/reports/sales?category=hooks', 'KIT 7,')],
  [7, () => get(staying, '/', 'Welcome')],
  [
    3,
    (n) => ({ route: staying, method: 'POST', path: '/uploads', form: file(n), status: 201, text: 'sha256' }),
  ],
];

const get = (route: Visit['route'], path: string, text: string): Visit => ({
  ...{ route, method: 'GET', path, status: 200, text },
});

/** The kinds in a row of a hundred, mixed. A step that has no divisor in common with the length comes by each place once. */
const row: readonly ((number: number) => Visit)[] = (() => {
  const sorted = kinds.flatMap(([share, visit]) => Array<typeof visit>(share).fill(visit));
  return sorted.map((_, i) => sorted[(i * 37) % sorted.length]!);
})();

/** The visit with a number, from 0. */
export const visitOf = (number: number): Visit => row[number % row.length]!(number);
