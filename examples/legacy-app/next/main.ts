import { readSettings } from '../src/config.js';
import { serve } from '../src/website.js';
import { routers } from './routers.js';

await serve('The new service', readSettings(4001), routers);
