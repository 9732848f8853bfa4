import { Column, type ColumnOptions } from 'typeorm';

type TimestampOptions = Pick<ColumnOptions, 'name' | 'nullable' | 'insert' | 'update'>;

/**
 * A `timestamptz` column, `now()` when nothing is given. To TypeORM it is text, so that it makes no date of it: the
 * property is a string, RFC 3339 in UTC with PostgreSQL's microseconds.
 */
export const Timestamp = (options: TimestampOptions = {}): PropertyDecorator =>
  Column({ type: 'text', ...(!options.nullable && { default: () => 'now()' }), ...options });
