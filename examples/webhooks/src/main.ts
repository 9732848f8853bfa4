import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { port, secret } from './config.js';

// A receiver of webhooks: docs/operations.md, "Webhooks".
const webhook = new Webhook(secret);
const had = new Set<unknown>();

createServer((request, response) => {
  void (async () => {
    try {
      const id = request.headers['webhook-id'];
      const message = webhook.verify(await text(request), request.headers as Record<string, string>);
      if (!had.has(id)) console.log(JSON.stringify(message));
      had.add(id);
      response.writeHead(204).end();
    } catch {
      response.writeHead(401).end();
    }
  })();
}).listen(port, '127.0.0.1', () => console.log('listening'));
