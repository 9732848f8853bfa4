import { readSettings } from './config.js';

it('a module that there is not is refused, with those that there are', () => {
  expect(() => readSettings({}, ['shipping'])).toThrow(/^there is no module "shipping".*inventory/s);
  expect(readSettings({ MODULE: 'inventory' }, []).module).toBe('inventory');
});
