import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { mostBytes, type AnswerHead } from './answer-tap.js';
import type { Answer } from './compare-answers.js';

const limit = { maxOutputLength: mostBytes };

const codings: Readonly<Record<string, (body: Buffer) => Promise<Buffer>>> = {
  br: (body) => promisify(brotliDecompress)(body, limit),
  gzip: (body) => promisify(gunzip)(body, limit),
  deflate: (body) => promisify(inflate)(body, limit),
  identity: (body) => Promise.resolve(body),
};

/** An answer without its content coding; undefined: it cannot be compared. */
export async function wholeAnswer(
  { status, header }: AnswerHead,
  body: Buffer | undefined,
): Promise<Answer | undefined> {
  const decode = codings[(header('content-encoding') ?? 'identity').trim().toLowerCase()];
  if (!body || !decode) return undefined;
  try {
    // That of a HEAD has no body, whatever its coding.
    return {
      ...{ status, type: header('content-type') ?? '' },
      body: body.length === 0 ? body : await decode(body),
    };
  } catch {
    return undefined;
  }
}
