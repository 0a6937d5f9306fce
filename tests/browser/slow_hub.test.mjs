// What the other files rest on: a hub that does not come in time is an error, and no program runs on unseen.
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

let folder, Hub;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'robohub-slow-'));
  await mkdir(join(folder, 'build/bin'), { recursive: true });
  const program = join(folder, 'build/bin/robohub');
  await writeFile(program, `#!/bin/sh\necho $$ >"${folder}/pid"\nexec sleep 1000\n`);
  await chmod(program, 0o755);
  // Its folders come here, where they can be counted; and its programs are those of a build that was named beforehand.
  process.env.TMPDIR = folder;
  process.env.ROBOHUB_BUILD = join(folder, 'build');
  ({ Hub } = await import('./support/hub.mjs'));
});
after(() => rm(folder, { recursive: true, force: true }));

test('a hub that does not come in time is ended, and its folder goes with it', async () => {
  Hub.start_limit_ms = 1000;
  await assert.rejects(Hub.start(), /The hub did not say/);
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  assert.deepEqual((await readdir(folder)).sort(), ['build', 'pid']);
});
