import { parse } from 'csv-parse/sync';
import { pence } from './pence.js';

/** One line of the file, its figures read, nothing judged yet. */
export interface Line {
  invoice: string;
  code: string;
  description: string;
  quantity: number;
  /** Milliseconds since the epoch; the file names no time zone, so UTC. */
  at: number;
  /** The unit price in pence. */
  price: number;
  /** `undefined` for a sale without a known customer. */
  customer: string | undefined;
  country: string;
}

const columns = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';

/** Reads the text of the file. @throws when it has other columns or a figure that is none: then it is another file. */
export function readLines(text: string): Line[] {
  // Rows, not objects: csv-parse makes them in two thirds of the time.
  const [header, ...rows] = parse(text);
  if (header?.join() !== columns) throw new Error(`the sample has other columns than ${columns}`);
  return rows.map(readLine);
}

function readLine(row: string[], index: number): Line {
  const [invoice, code, description, quantity, date, price, customer, country] = row as Row;
  try {
    return {
      invoice,
      code: code.trim(),
      description: description.trim(),
      quantity: integer(quantity),
      at: utc(date),
      price: pence(price),
      customer: customer || undefined,
      country,
    };
  } catch (error) {
    throw new Error(`line ${index + 2} of the sample: ${(error as Error).message}`, { cause: error });
  }
}

type Row = [string, string, string, string, string, string, string, string];

function integer(text: string): number {
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`"${text}" is no whole number`);
}

function utc(text: string): number {
  const at = Date.parse(`${text.replace(' ', 'T')}Z`);
  if (Number.isInteger(at)) return at;
  throw new Error(`"${text}" is no date`);
}
