import { createHash, randomBytes, randomUUID } from 'node:crypto';
import request, { type Response } from 'supertest';

const password = 'anchors aweigh';
type Agent = ReturnType<typeof request.agent>;

/**
 * What the site promises its visitors; the same wherever it is reached.
 *
 * @param reached its address, asked for when a test runs
 */
export function behavesAsASite(reached: () => string): void {
  const visitor = () => request(reached());
  async function customer(): Promise<{ agent: Agent; email: string }> {
    const agent = request.agent(reached());
    const email = `${randomUUID()}@harbour.example`;
    await agent.post('/signup').type('form').send({ email, name: 'Ada', password }).expect(303);
    return { agent, email };
  }
  const origin = () => new URL(reached()).origin;
  /** Where a redirect leads a browser. */
  const placeOf = ({ headers }: Response) => new URL(headers.location!, reached()).href;
  const json = { Accept: 'application/json' };

  it('says that it is well', () => visitor().get('/health').expect(200, { status: 'ok' }));

  it('a page that is not there is said not to be', async () => {
    const { status, text } = await visitor().get('/nowhere');
    expect([status, text]).toEqual([404, expect.stringContaining('There is no such page.')]);
  });

  describe('the catalogue', () => {
    it('has pages, for people and for programs', async () => {
      const people = await visitor().get('/catalogue').expect(200).expect('Content-Type', /html/);
      expect(people.text).toContain('Page 1 of 12');
      const { body } = await visitor().get('/catalogue?page=12').set(json).expect(200);
      expect([body.page, body.pages, body.items.length]).toEqual([12, 12, 20]);
      await visitor().get('/catalogue?page=13').expect(404);
    });

    it('is searched by several categories, and by a word that is not ASCII', async () => {
      const { body } = await visitor().get('/catalogue?category=jugs&category=lamps&q=caf%C3%A9').set(json);
      const found = body.items as { name: string; category: string }[];
      expect(found.map(({ category }) => category).sort()).toEqual(
        ['jugs', 'lamps'].flatMap((category) => Array<string>(4).fill(category)),
      );
      expect(found.filter(({ name }) => !name.startsWith('Café '))).toEqual([]);
    });

    it('knows a product whose SKU has a space in it', async () => {
      const { body } = await visitor().get('/catalogue/KIT%207').set(json).expect(200);
      expect(body).toMatchObject({ sku: 'KIT 7', price: 1250 });
      const { text } = await visitor().get('/catalogue/KIT%207');
      expect(text).toContain('Kit of seven &#34;sailor&#39;s&#34; knots');
    });

    it('is not sent again to those who have it', async () => {
      const { headers } = await visitor().get('/catalogue/H1000').set(json).expect(200);
      await visitor().get('/catalogue/H1000').set(json).set('If-None-Match', headers.etag!).expect(304);
    });

    it('tells its size to who asks for that alone', async () => {
      const { headers } = await visitor().get('/catalogue/H1000').set(json);
      const head = await visitor().head('/catalogue/H1000').set(json).expect(200);
      expect(head.headers['content-length']).toBe(headers['content-length']);
    });
  });

  describe('an account', () => {
    it('is there for its owner alone; others are led to the log-in, and back', async () => {
      const { email } = await customer();
      const agent = request.agent(reached());
      await agent.get('/account?tab=1').expect(302).expect('Location', '/login?next=%2Faccount%3Ftab%3D1');
      const page = await agent.get('/login?next=%2Faccount%3Ftab%3D1').expect(200);
      expect(page.text).toContain('value="/account?tab=1"');
      const into = await agent.post('/login').type('form').send({ email, password, next: '/account?tab=1' });
      // Where the visitor is, whatever the machine behind is called.
      expect([into.status, placeOf(into)]).toEqual([302, `${origin()}/account?tab=1`]);
      const cookies = into.get('Set-Cookie')?.map((cookie) => cookie.split('=')[0]);
      expect(cookies).toEqual(expect.arrayContaining(['signed_in', 'harbour.sid']));
      const { body } = await agent.get('/account').set(json).expect(200);
      expect(body).toEqual({ name: 'Ada', email, pieces: 0 });
      await agent.post('/logout').expect(303);
      await agent.get('/account').set(json).expect(401);
    });

    it('does not open with another password, and leads nobody elsewhere', async () => {
      const { email } = await customer();
      const login = (fields: object) =>
        visitor()
          .post('/login')
          .type('form')
          .send({ email, ...fields });
      await login({ password: 'something else' }).expect(401);
      expect(placeOf(await login({ password, next: '//evil.example/' }).expect(302))).toBe(
        `${origin()}/account`,
      );
    });

    it('belongs to one address once', async () => {
      const { email } = await customer();
      await visitor().post('/signup').type('form').send({ email, name: 'Bob', password }).expect(409);
    });
  });

  describe('a basket', () => {
    it('holds what was put into it, once', async () => {
      const { agent } = await customer();
      await agent
        .post('/basket')
        .type('form')
        .send({ sku: 'H1000', quantity: 2 })
        .expect(303)
        .expect('Location', '/basket');
      await agent.post('/basket').send({ sku: 'H1000', quantity: 3 }).expect(201);
      await agent.post('/basket').send({ sku: 'KIT 7', quantity: 1 }).expect(201);
      const { body } = await agent.get('/basket').set(json).expect(200);
      expect(body).toEqual({
        lines: [
          { sku: 'H1000', name: 'Brass bell no. 1', quantity: 5, price: 95 },
          { sku: 'KIT 7', name: `Kit of seven "sailor's" knots`, quantity: 1, price: 1250 },
        ],
        total: 1725,
      });
      expect((await agent.get('/account').set(json)).body.pieces).toBe(6);
    });

    it('refuses what is not for sale, and quantities that are none', async () => {
      const { agent } = await customer();
      await agent.post('/basket').send({ sku: 'nothing', quantity: 1 }).expect(404);
      await agent.post('/basket').send({ sku: 'H1000', quantity: 0 }).expect(400);
      await agent.post('/basket').set('Content-Type', 'application/json').send('{"sku":').expect(400);
      await visitor().post('/basket').send({ sku: 'H1000', quantity: 1 }).expect(302);
    });
  });

  describe('an upload', () => {
    it('comes back as it was sent, to its owner alone', async () => {
      const [{ agent }, other] = [await customer(), await customer()];
      const content = randomBytes(3 * 1024 * 1024);
      const sent = await agent
        .post('/uploads')
        .attach('file', content, { filename: 'naïve.bin' })
        .expect(201);
      expect(sent.body).toMatchObject({
        bytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
      });
      const path = sent.headers.location!;
      const back = await agent.get(path).buffer(true).parse(raw).expect(200);
      expect(content.equals(back.body as Buffer)).toBe(true);
      await other.agent.get(path).expect(404);
    });

    it('is refused when it is too large, or none', async () => {
      const { agent } = await customer();
      await agent
        .post('/uploads')
        .attach('file', Buffer.alloc(10 * 1024 * 1024 + 1), 'large.bin')
        .expect(413);
      await agent.post('/uploads').attach('other', Buffer.alloc(1), 'small.bin').expect(400);
      await agent.post('/uploads').send({ file: 'none' }).expect(400);
    });
  });

  it('a report comes line by line, and whole', async () => {
    const { agent } = await customer();
    const { text, headers } = await agent.get('/reports/sales').query({ category: 'hooks' }).expect(200);
    expect(headers).toMatchObject({
      'transfer-encoding': 'chunked',
      'content-type': expect.stringMatching(/csv/),
    });
    const lines = text.trimEnd().split('\n');
    expect([lines[0], lines.length]).toEqual(['sku,name,pieces,revenue', 42]);
    expect(lines.at(-1)).toMatch(/^KIT 7,"Kit of seven ""sailor's"" knots",\d+,\d+\.\d\d$/);
    await visitor().get('/reports/sales').set(json).expect(401);
  });
}

/** An answer as its bytes. */
function raw(res: Response, done: (error: Error | null, body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  res.on('data', (chunk: Buffer) => chunks.push(chunk));
  res.on('end', () => done(null, Buffer.concat(chunks)));
}
