import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** Debian's Chromium without a window; it is installed where it is not there. */
export async function launchBrowser(): Promise<Browser> {
  if (!existsSync(executablePath)) install();
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

function install(): void {
  try {
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { stdio: 'pipe' });
  } catch (error) {
    throw new Error(
      `this test needs ${executablePath}: "apt-get install chromium" failed, ${String(error)}`,
      {
        cause: error,
      },
    );
  }
}
