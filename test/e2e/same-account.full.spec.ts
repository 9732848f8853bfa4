import { sameAccountWith } from '../support/same-account.js';
import { moduleNames } from '../support/shop.js';

describe('the account of a replay', () =>
  sameAccountWith([...moduleNames.map((name) => [name]), moduleNames]));
