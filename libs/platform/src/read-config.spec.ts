import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { readConfig } from './read-config.js';
import { portSetting, SettingsError, type Environment } from './settings.js';

const read = (env: Environment) => ({ port: portSetting(env, 'PORT', 3000), home: undefined });

it('providers get the settings that were read, with their types, and nothing of the environment', async () => {
  process.env['home'] = '/of/somebody';
  const { settings, module } = await readConfig({ PORT: '8080' }, read);
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  const config = app.get<ConfigService<typeof settings, true>>(ConfigService);
  expect([settings.port, config.get('port'), config.get('home')]).toEqual([8080, 8080, undefined]);
  expect(process.env['port']).toBeUndefined();
  await app.close();
  delete process.env['home'];
});

it('what is wrong is said as the parser says it', async () => {
  const wrong = readConfig({ PORT: 'web' }, read);
  await expect(wrong).rejects.toThrow(
    new SettingsError('PORT=web: a port number from 0 to 65535 is expected'),
  );
});
