import { provideDatabase, runServer } from '#platform';
import { readSettings, usage } from './config.js';

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  process.stdout.write(`${usage}\n`);
} else {
  await runServer(async (env) => {
    const { adminUrl, targets } = readSettings(env);
    for (const { setting, url } of targets) {
      const { username, password, pathname } = new URL(url);
      const [role, secret, name] = [username, password, pathname.slice(1)].map(decodeURIComponent);
      await provideDatabase(adminUrl, { role: role!, password: secret!, name: name! });
      process.stdout.write(`${setting}: database ${name} for the role ${role}\n`);
    }
    process.exit(0);
  });
}
