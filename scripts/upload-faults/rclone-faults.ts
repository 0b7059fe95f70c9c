import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { archiveManifestPath } from '../../runtime/archive/layout.ts';
import { rcloneRemote } from '../../runtime/uploader/rclone.ts';
import { upload } from '../../runtime/uploader/upload.ts';
import { findViolations, folderView, unfinished } from './judge.ts';
import type { Family } from './outcome.ts';
import { addArchive, makePlace, type Place, PROVENANCE, removePlace } from './place.ts';
import type { Random } from './random.ts';
import { KILL_FAULTS, RCLONE_FAULTS, writeWrapper } from './rclone-wrapper.ts';

/** copy, check with hashes, the probe, check with content. */
const CALLS_OF_A_RUN = 4;
/** A run that takes longer is told to stop: how a hanging rclone ends. Longer than a run needs on a busy machine. */
const PATIENCE_MS = 300_000;
/** Enough for a hanging call to be one. */
const SHORT_PATIENCE_MS = 1_500;
const MAIN = new URL('../../runtime/main.ts', import.meta.url).pathname;

/** Faults of rclone, which is the real one behind a wrapper, with its local backend as the remote. */
export async function rcloneFaults(random: Random, rclone: string): Promise<Family> {
  const { place, view } = await rclonePlace();
  let losesVerified = false;
  const run = async (program: string, patienceMs: number) => {
    const signal = AbortSignal.timeout(patienceMs);
    const { dataRoot } = place;
    const remote = rcloneRemote('archive:', { dataRoot, program, signal });
    const times = { minimumAgeMs: 0, retentionMs: 0 };
    const { status } = await upload({ dataRoot, remote, provenance: PROVENANCE, signal, ...times });
    return status;
  };
  return {
    name: 'rclone',
    async inject() {
      await addArchive(place, random);
      const fault = random.pick(RCLONE_FAULTS);
      const call = random.below(fault.spoils ? CALLS_OF_A_RUN - 1 : CALLS_OF_A_RUN);
      const program = await writeWrapper(place, rclone, { call, fault, random });
      losesVerified ||= fault.spoils === true && call > 0;
      const hangs = fault.name.includes('until it is ended');
      const ended = await run(program, hangs ? SHORT_PATIENCE_MS : PATIENCE_MS);
      await emptyFolders(place);
      return { fault: `${fault.name}, call ${call}`, ended };
    },
    async recover() {
      await run(await writeWrapper(place, rclone, null), PATIENCE_MS);
      losesVerified = false;
    },
    violations: () => findViolations(place, view, { losesVerified }),
    unfinished: () => unfinished(place, view),
    close: () => removePlace(place),
  };
}

/** Kills of the real `orderbooks upload` at chosen calls of rclone and at random moments. */
export async function killFaults(random: Random, rclone: string): Promise<Family> {
  const { place, view } = await rclonePlace();
  const config = join(place.folder, 'config.yaml');
  await writeFile(
    config,
    'uploader: {remote: {type: rclone, target: "archive:"}, minimumAge: 0s, retention: 0s}\n',
  );
  const start = () =>
    spawn(process.execPath, [MAIN, 'upload', `--config=${config}`, `--data=${place.dataRoot}`], {
      stdio: 'ignore',
      env: {
        ...process.env,
        PATH: `${join(place.folder, 'bin')}:${process.env['PATH']}`,
      },
    });
  const ended = (child: ReturnType<typeof start>) =>
    new Promise<string>((resolve) =>
      child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`)),
    );
  let usualMs = 1_000;
  return {
    name: 'kill',
    async inject() {
      await addArchive(place, random);
      const fault = random.pick(KILL_FAULTS);
      const call = random.below(CALLS_OF_A_RUN);
      const atRandom = random.below(3) === 0;
      await writeWrapper(place, rclone, atRandom ? null : { call, fault, random });
      const child = start();
      const end = ended(child);
      const after = random.next() * usualMs;
      const timer = atRandom ? setTimeout(() => child.kill('SIGKILL'), after) : undefined;
      const how = await end;
      clearTimeout(timer);
      if (random.below(2) === 0) await killOrphans(place);
      const what = atRandom
        ? 'the uploader is killed at a random moment'
        : `${fault.name}, call ${call}`;
      return { fault: what, ended: how };
    },
    async recover() {
      await writeWrapper(place, rclone, null);
      const from = performance.now();
      await ended(start());
      usualMs = performance.now() - from;
    },
    violations: () => findViolations(place, view),
    unfinished: () => unfinished(place, view),
    close: () => removePlace(place),
  };
}

async function rclonePlace() {
  const place = await makePlace();
  const config = `[archive]\ntype = alias\nremote = ${place.target}\n`;
  await writeFile(join(place.folder, 'rclone.conf'), config);
  await mkdir(place.target, { recursive: true });
  return { place, view: folderView(place) };
}

/** rclone does not replace a folder by a file; somebody has to take away what the fault put there. */
async function emptyFolders(place: Place): Promise<void> {
  for (const { path } of place.archives.values()) {
    for (const name of [path, archiveManifestPath(path)]) {
      // Files are refused, which is as it should be.
      await rmdir(join(place.target, name)).catch(() => undefined);
    }
  }
}

/** As when a container ends. Otherwise an rclone whose uploader was killed works on, and the next uploader waits. */
async function killOrphans(place: Place): Promise<void> {
  const pids = (await readFile(join(place.folder, 'pids'), 'utf8').catch(() => '')).trim();
  await rm(join(place.folder, 'pids'), { force: true });
  for (const pid of pids.split('\n').filter(Boolean).map(Number)) {
    while (await isOurs(pid, place)) {
      process.kill(pid, 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function isOurs(pid: number, place: Place): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return line.includes(place.folder);
}
