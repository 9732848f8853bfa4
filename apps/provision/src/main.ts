import { provideDatabase, runServer } from '#platform';
import { readSettings, usage } from './config.js';

await runServer({ usage, settings: readSettings }, async ({ settings: { adminUrl, targets } }) => {
  for (const { setting, url } of targets) {
    const { username, password, pathname } = new URL(url);
    const [role, secret, name] = [username, password, pathname.slice(1)].map(decodeURIComponent);
    await provideDatabase(adminUrl, { role: role!, password: secret!, name: name! });
    process.stdout.write(`${setting}: database ${name} for the role ${role}\n`);
  }
  process.exit(0);
});
