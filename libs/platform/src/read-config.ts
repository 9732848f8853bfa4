import { ConfigModule } from '@nestjs/config';
import type { DynamicModule } from '@nestjs/common';
import type { Environment } from './settings.js';

/** The settings of a program, read once. */
export interface Config<S extends object> {
  readonly settings: S;
  /** Gives them to providers, as `ConfigService<S, true>`. */
  readonly module: DynamicModule;
}

/**
 * Reads the settings by the program's own parser, as the `validate` of `@nestjs/config`. `.env` stands in `env` already: all programs read it
 * by the same rules, those without Nest too. @throws {SettingsError} of the parser.
 */
export async function readConfig<S extends object>(
  env: Environment,
  read: (env: Environment) => S,
): Promise<Config<S>> {
  let settings!: S;
  const module = await ConfigModule.forRoot({
    ...{ isGlobal: true, ignoreEnvFile: true, skipProcessEnv: true },
    // What it answers would be written into the environment.
    validate: () => {
      settings = read(env);
      return {};
    },
    load: [() => settings],
  });
  return { settings, module };
}
