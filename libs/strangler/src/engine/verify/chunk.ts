/** A chunk of a table in the order of its primary key: rows with `after < pk <= upTo`. */
export interface ChunkRange {
  table: string;
  after: string[] | null;
  upTo: string[] | null;
}

/** The fingerprint of a chunk, computed in the database. */
export interface ChunkHash {
  rows: number;
  /** Independent of the order of the rows. */
  hash: string;
}

/** One row as verify sees it: its fields as text, in the owner's form. */
export interface VerifyRow {
  pk: string[];
  key: string;
  bucket: number;
  /** Another one after every write of the row on this side: equal in two readings means that it was not written between. */
  version: string;
  /** By column. A long one is cut and carries its digest. */
  fields: Record<string, string | null>;
}

/** The rows of one side in chunks, as verify asks for them. All arguments and results are JSON. */
export interface ChunkRows {
  /**
   * Where the next chunk of `rows` rows ends, or, if `bytes` is given, of about so many at most: of the rows as they are, or `cut` as
   * {@link chunkRows} answers them. Null: there are no more rows in the range.
   */
  chunkEnd(of: {
    table: string;
    after: string[] | null;
    upTo?: string[] | null;
    rows: number;
    bytes?: number;
    cut?: boolean;
  }): Promise<string[] | null>;
  /** In the owner's form: `as` names the side whose columns are compared. */
  chunkHash(of: ChunkRange & { as: 'monolith' | 'extracted' }): Promise<ChunkHash>;
  chunkRows(of: ChunkRange & { as: 'monolith' | 'extracted' }): Promise<VerifyRow[]>;
  /** Of these rows, those that are still in the outbox. */
  inFlight(of: { table: string; pks: string[][] }): Promise<string[][]>;
  /** Puts rows into the outbox once more, so that the other side gets their current image (or their deletion). */
  resend(of: { table: string; rows: { pk: string[]; key: string }[] }): Promise<number>;
}
