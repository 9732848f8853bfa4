import { webhookSetting } from './webhook-setting.js';

const secret = (bytes: number) => `whsec_${Buffer.alloc(bytes, 'key').toString('base64')}`;
const read = (WEBHOOKS: string, WEBHOOK_SECRET = secret(32)) => webhookSetting({ WEBHOOKS, WEBHOOK_SECRET });

it('several, each with its name and address, and the same secret', () => {
  expect(read('chat=https://chat.example/hooks?room=1&k=a=b, pager=http://10.0.0.7:8080')).toEqual([
    { name: 'chat', url: 'https://chat.example/hooks?room=1&k=a=b', secret: secret(32) },
    { name: 'pager', url: 'http://10.0.0.7:8080', secret: secret(32) },
  ]);
});

it('several secrets, while one is replaced by another', () => {
  const two = `${secret(32)}, ${secret(24)}`;
  expect(read('chat=https://chat.example', two)).toEqual([
    { name: 'chat', url: 'https://chat.example', secret: [secret(32), secret(24)] },
  ]);
});

it('none where nothing is set, whatever the secret is for', () => {
  expect(webhookSetting({})).toEqual([]);
  expect(webhookSetting({ WEBHOOK_SECRET: secret(24) })).toEqual([]);
});

it.each([
  'https://chat.example',
  'chat=',
  'chat=chat.example',
  'chat=ftp://chat.example',
  'chat=https://ann:hidden@chat.example',
  'chat=https://ann@chat.example',
  'chat=https://chat.example/a,b',
  'chat=https://chat.example, chat=https://other.example',
  'chat=https://chat.example,',
  'a chat=https://chat.example',
  `${'a'.repeat(33)}=https://chat.example`,
])('WEBHOOKS=%s is refused, and not shown', (text) => {
  expect(() => read(text)).toThrow(/^WEBHOOKS: names and URLs are expected/);
  expect(() => read(text)).not.toThrow(/hidden/);
});

it.each([
  '',
  secret(23),
  secret(65),
  'whsec_',
  `whsec_${'*'.repeat(40)}`,
  `${secret(32)}=`,
  secret(32).slice(6),
  `${secret(32)},`,
  `${secret(32)},${secret(23)}`,
  `${secret(32)} ${secret(32)}`,
])('WEBHOOK_SECRET=%s is refused, and not shown', (text) => {
  const reading = () => read('chat=https://chat.example', text);
  expect(reading).toThrow(/^WEBHOOK_SECRET: /);
  expect(reading).not.toThrow(secret(32).slice(6));
});
