import { readSettings } from './config.js';
import { routers } from './routers.js';
import { serve } from './website.js';

await serve('Harbour Supplies', readSettings(4000), routers);
