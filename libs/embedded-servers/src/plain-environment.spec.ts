import { keeperEnvironment, serverEnvironment } from './plain-environment.js';

const given = {
  ...{ PATH: '/bin', HOME: '/home/ann', LANG: 'C', LC_ALL: 'C', TZ: 'UTC', TMPDIR: '/tmp' },
  ...{ https_proxy: 'http://ann:secret@proxy', NO_PROXY: 'localhost', APT_CONFIG: '/etc/apt.conf' },
  ...{
    ADMIN_PASSWORD: 'secret',
    DATABASE_URL: 'secret',
    PGOPTIONS: '-c fsync=off',
    NODE_OPTIONS: '--inspect',
  },
  ...{
    npm_config_registry: 'secret',
    NATS_CREDS: 'secret',
    PATHS: 'secret',
    LC: 'secret',
    LD_PRELOAD: 'secret',
  },
};

it('a name that is not on the list reaches neither the keeper nor the servers', () => {
  const servers = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];
  expect(Object.keys(serverEnvironment(given))).toEqual(servers);
  expect(Object.keys(keeperEnvironment(given))).toEqual([
    ...servers,
    'https_proxy',
    'NO_PROXY',
    'APT_CONFIG',
  ]);
});
