import { catalogueOf, isGoods, skuOf } from './catalogue.js';
import { line } from './line.fixture.js';

describe('the catalogue', () => {
  it.each(['85123A', '71053', '15056BL'])('takes %s for goods', (code) => {
    expect(isGoods(skuOf(code))).toBe(true);
  });

  it.each([
    'POST',
    'D',
    'm',
    'C2',
    'DOT',
    'S',
    'BANK CHARGES',
    'AMAZONFEE',
    'DCGS0003',
    'gift_0001_40',
    '1234',
    '123456',
  ])('does not sell %s', (code) => {
    expect(isGoods(skuOf(code))).toBe(false);
  });

  it('makes one product of a code that is written in two ways', () => {
    const { offers } = catalogueOf([line({ code: '85123a' }), line({ code: '85123A' })]);
    expect([...offers.keys()]).toEqual(['85123A']);
  });

  it.each([
    [255, [255, 295, 255, 295, 255]],
    [255, [295, 255, 295, 255]],
    [295, [295, 255, 255, 295]],
    [255, [0, 0, 0, -1, -1, 255]],
  ])('asks the usual price, of two as usual the later one, and never nothing: %d of %j', (usual, prices) => {
    const { offers } = catalogueOf(prices.map((price) => line({ code: '85123A', price })));
    expect(offers.get('85123A')?.price).toBe(usual);
  });

  it('uses the usual description and does not take an empty one', () => {
    const descriptions = ['', '', '', 'HEART', 'damaged', 'HEART'];
    const { offers } = catalogueOf(descriptions.map((description) => line({ code: '85123A', description })));
    expect(offers.get('85123A')?.description).toBe('HEART');
  });

  it('calls a product without any description by its code, because an empty one would be refused', () => {
    expect(catalogueOf([line({ code: '85123A', description: '' })]).offers.get('85123A')?.description).toBe(
      '85123A',
    );
  });

  it('sells no goods that never had a price, and says which', () => {
    const { offers, notForSale, noGoods } = catalogueOf([
      line({ code: '21134', price: 0 }),
      line({ code: 'POST', price: 1_800 }),
    ]);
    expect([...offers]).toEqual([]);
    expect(notForSale).toEqual(['21134']);
    expect(noGoods).toEqual(['POST']);
  });
});
