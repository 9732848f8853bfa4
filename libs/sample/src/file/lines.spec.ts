import { readLines } from './lines.js';

const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';

describe('the lines of the file', () => {
  it('reads figures exactly, and a missing customer as none', () => {
    const row = '536365,85123A," HEART, ""WHITE"" ",6,2010-12-01 08:26:00,2.55,,United Kingdom';
    expect(readLines(`${header}\n${row}\n`)).toEqual([
      {
        invoice: '536365',
        code: '85123A',
        description: 'HEART, "WHITE"',
        quantity: 6,
        at: Date.UTC(2010, 11, 1, 8, 26),
        price: 255,
        customer: undefined,
        country: 'United Kingdom',
      },
    ]);
  });

  it('refuses a file with other columns, which would be read into the wrong fields', () => {
    expect(() => readLines('Invoice,StockCode\n1,2\n')).toThrow('other columns');
    expect(() => readLines('')).toThrow('other columns');
  });

  it.each([
    ['6.5', '2010-12-01 08:26:00', 'whole number'],
    ['6', 'yesterday', 'no date'],
  ])('names the line of a figure that is none (%s, %s)', (quantity, date, complaint) => {
    const row = `536365,85123A,HEART,${quantity},${date},2.55,17850,United Kingdom`;
    expect(() => readLines(`${header}\n${row}`)).toThrow(new RegExp(`line 2 .*${complaint}`));
  });
});
