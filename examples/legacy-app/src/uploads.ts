import { Router, type Request } from 'express';
import multer, { type StorageEngine } from 'multer';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pool } from 'pg';
import { loggedIn } from './session.js';

const mostBytes = 10 * 1024 * 1024;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

interface Upload {
  id: string;
  name: string;
  type: string;
  bytes: number;
  sha256: string;
}

/** Files that customers send, such as lists of what they need: kept in parts, never in memory as a whole. */
export function uploads(pool: Pool): Router {
  const router = Router();
  const receive = multer({ storage: storage(pool), limits: { files: 1, fileSize: mostBytes } }).single(
    'file',
  );
  router.post('/uploads', loggedIn, receive, (req, res) => {
    const { upload } = (req.file ?? {}) as { upload?: Upload };
    if (upload) res.status(201).location(`/uploads/${upload.id}`).json(upload);
    else res.status(400).json({ error: 'A file is expected, in the field "file".' });
  });
  router.get('/uploads/:id', loggedIn, async (req, res, next) => {
    const { id } = req.params as { id: string };
    if (!uuid.test(id)) return next();
    const { rows } = await pool.query<Upload>(
      'select name, type, bytes from uploads where id = $1 and account = $2 and bytes is not null',
      [id, req.session.account],
    );
    if (!rows[0]) return next();
    const { name, type, bytes } = rows[0];
    res.attachment(name).type(type).set('Content-Length', String(bytes));
    await pipeline(Readable.from(parts(pool, id)), res);
  });
  return router;
}

async function* parts(pool: Pool, id: string): AsyncGenerator<Buffer> {
  for (let number = 0; ; number++) {
    const { rows } = await pool.query<{ content: Buffer }>(
      'select content from upload_parts where upload = $1 and number = $2',
      [id, number],
    );
    if (!rows[0]) return;
    yield rows[0].content;
  }
}

function storage(pool: Pool): StorageEngine {
  const discard = (id: string) => pool.query('delete from uploads where id = $1', [id]);
  async function store(req: Request, file: Express.Multer.File): Promise<Upload> {
    const { rows } = await pool.query<{ id: string }>(
      'insert into uploads (account, name, type) values ($1, $2, $3) returning id',
      [req.session.account, file.originalname, file.mimetype],
    );
    const { id } = rows[0]!;
    try {
      const hash = createHash('sha256');
      let [bytes, number] = [0, 0];
      for await (const chunk of file.stream as AsyncIterable<Buffer>) {
        await pool.query('insert into upload_parts values ($1, $2, $3)', [id, number++, chunk]);
        hash.update(chunk);
        bytes += chunk.length;
      }
      const sha256 = hash.digest('hex');
      await pool.query('update uploads set bytes = $2, sha256 = $3 where id = $1', [id, bytes, sha256]);
      return { id, name: file.originalname, type: file.mimetype, bytes, sha256 };
    } catch (error) {
      await discard(id);
      throw error;
    }
  }
  return {
    _handleFile: (req, file, done) =>
      void store(req, file).then(
        (upload) => done(null, { upload } as object),
        (error: unknown) => done(error),
      ),
    _removeFile: (_req, file, done) => {
      const { upload } = file as { upload?: Upload };
      void (upload ? discard(upload.id) : Promise.resolve()).then(() => done(null), done);
    },
  };
}
