import { SettingsError, textSetting, type Environment } from '#platform';
import { copiesIn, CopiesError } from 'nestjs-strangler/internal';

/**
 * The origins of an upstream's copies: `http://a:8000,http://b:8000`.
 * @returns `undefined` when it is not set
 * @throws {SettingsError}; the message does not show the value, it may hold a password
 */
export function copiesSetting(env: Environment, name: string): readonly string[] | undefined {
  const text = textSetting(env, name);
  try {
    return text === undefined ? undefined : copiesIn(text);
  } catch (error) {
    throw error instanceof CopiesError ? new SettingsError(`${name}: ${error.message}`) : error;
  }
}
