import { Closing } from '#platform';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** One process of nginx, which passes on, or keeps what it was answered. */
export interface Nginx {
  url: string;
  pid: number;
}

const readyMs = 5_000;

/** nginx in front of an upstream, in one process. Undefined: it is not installed. */
export async function startNginx(
  name: string,
  upstream: string,
  { dataDir, closing, cached, log }: { dataDir: string; closing: Closing; cached: boolean; log: boolean },
): Promise<Nginx | undefined> {
  const folder = join(dataDir, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const configuration = join(folder, 'nginx.conf');
  await writeFile(configuration, configured(folder, { port, upstream: new URL(upstream).host, cached, log }));
  const child = spawn('nginx', ['-p', folder, '-c', configuration, '-e', 'stderr'], { stdio: 'ignore' });
  const failed = once(child, 'error').then(([error]) => error as NodeJS.ErrnoException);
  const begun = once(child, 'spawn').then(() => undefined);
  const error = await Promise.race([failed, begun]);
  if (error?.code === 'ENOENT') return undefined;
  if (error) throw error;
  closing.add(async () => {
    if (child.exitCode === null && child.kill('SIGQUIT')) await once(child, 'exit');
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(url);
  return { url, pid: child.pid ?? NaN };
}

async function answers(url: string): Promise<void> {
  for (const giveUpAt = performance.now() + readyMs; performance.now() < giveUpAt; await sleep(50)) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
  }
  throw new Error(`nginx does not answer at ${url}`);
}

/** nginx cannot choose one by itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

const configured = (
  folder: string,
  { port, upstream, cached, log }: { port: number; upstream: string; cached: boolean; log: boolean },
): string => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log ${log ? `${folder}/access.log` : 'off'};
  client_body_temp_path ${folder}/body;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  proxy_temp_path ${folder}/proxy;
  proxy_cache_path ${folder}/cache keys_zone=kept:10m;
  keepalive_requests 1000000000;
  upstream behind { server ${upstream}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://behind;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      ${cached ? 'proxy_cache kept; proxy_cache_valid 200 1h;' : ''}
    }
  }
}
`;
