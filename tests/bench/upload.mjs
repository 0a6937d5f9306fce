// The kind `upload` of run.mjs: segments of captures at full speed into a hub whose devices are driven meanwhile.
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { enrolBenchDevice, measure, stopAll } from './programs.mjs';

/** `at`: what run.mjs lends: build, tool, repeat, note, tell, startClickedHub, click. */
export async function upload(at) {
  const segment = ['--segment-mb=16'];
  const of = await at.repeat(async (folder) => {
    const [quiet, busy, plain] = ['quiet', 'busy', 'plain'].map((name) => join(folder, name));
    await Promise.all([quiet, busy, plain].map((each) => mkdir(each)));
    const first = await at.startClickedHub(quiet);
    const alone = await at.click(first);
    await stopAll();
    const disk = await measure(at.tool('upload_load'), ['--mode=disk', `--folder=${folder}`, '--secs=4', ...segment]);
    // What is uploaded is no video, so that joining it is refused at once, and the quota lets the oldest go.
    const second = await at.startClickedHub(busy, 'captures: {quota: 4GiB}\n');
    const code = await enrolBenchDevice(at.build, busy, 'bench-2');
    const key = randomBytes(32).toString('base64url');
    const claimed = await fetch(`${second.origin}/api/v1/agent/claim`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ code, device: 'bench-2', key }),
    });
    if (!claimed.ok) throw new Error(`not claimed: ${await claimed.text()}`);
    // It stands for a device elsewhere, so it takes only what the measured programs leave.
    const uploading = measure('nice', [
      '-n',
      '19',
      at.tool('upload_load'),
      `--url=ws://127.0.0.1:${second.port}/api/v1/agent`,
      `--key=${key}`,
      '--secs=9',
      ...segment,
    ]);
    const [beside, sent] = await Promise.all([at.click(second), uploading]);
    await stopAll();
    // The floor: no upload at all, but a bare program that writes as much to the same disk.
    const third = await at.startClickedHub(plain);
    const writing = measure('nice', [
      '-n',
      '5',
      at.tool('upload_load'),
      '--mode=disk',
      `--folder=${folder}`,
      '--secs=8',
      `--mb-per-s=${sent.mb_per_s}`,
      ...segment,
    ]);
    const [floor] = await Promise.all([at.click(third), writing]);
    return { alone, disk, beside, sent, floor };
  });
  at.note(
    'upload',
    `segments of 16 MiB: ${of((f) => f.sent.mb_per_s).toFixed(0)} MB/s into a hub that is driven meanwhile, ` +
      `${of((f) => f.disk.mb_per_s).toFixed(0)} MB/s written and synced by a bare program; click p99 ms: ` +
      `${of((f) => f.alone.delay_p99_ms).toFixed(3)} alone, ${of((f) => f.beside.delay_p99_ms).toFixed(3)} beside, ` +
      `${of((f) => f.floor.delay_p99_ms).toFixed(3)} without an upload but with a bare program that writes as much`,
  );
  at.tell(
    'upload',
    "the disk's own rate against that of an upload",
    of((f) => f.disk.mb_per_s / f.sent.mb_per_s),
    1.67, // so it is at least 60 %
  );
  at.tell(
    'upload',
    'p99 of a click against that of a quiet hub',
    of((f) => f.beside.delay_p99_ms / f.alone.delay_p99_ms),
    2,
  );
}
